/** Escaping of untrusted text. */

/**
 * Characters that control a terminal, break a line, or invisibly change how a line reads: C0 and C1
 * controls, line and paragraph separators, bidirectional controls, invisible characters.
 */
const UNSAFE =
  // deno-lint-ignore no-control-regex
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** Escapes unsafe characters as JSON does. */
export function printable(text: string): string {
  return text.replace(UNSAFE, escapeCharacter);
}

/** Escapes unsafe characters, but keeps line breaks. */
export function printableLines(text: string): string {
  return text.split("\n").map(printable).join("\n");
}

/** Whether text is safe to show unchanged. */
export function isPrintable(text: string): boolean {
  return text.search(UNSAFE) < 0;
}

function escapeCharacter(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
