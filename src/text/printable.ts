/** Text that comes from anywhere, made safe to show. */

/**
 * Characters that steer a terminal, break a line, or change how a line reads without being seen: C0 and
 * C1 controls, line and paragraph separators, bidirectional controls, invisible characters.
 */
const UNSAFE =
  // deno-lint-ignore no-control-regex
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** Text with unsafe characters escaped, as in JSON. */
export function printable(text: string): string {
  return text.replace(UNSAFE, escapeCharacter);
}

/** Lines of text with unsafe characters escaped; the line breaks stay. */
export function printableLines(text: string): string {
  return text.split("\n").map(printable).join("\n");
}

/** Whether text can be shown as it is. */
export function isPrintable(text: string): boolean {
  return text.search(UNSAFE) < 0;
}

function escapeCharacter(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
