import { InvalidNameError, type NameRule } from "../base/errors.ts";

/** Characters that reorder the surrounding text, so that a name is displayed as another. */
const BIDI_CONTROL = /\p{Bidi_Control}/u;

/** Joiners in legitimate places: within an emoji, and after a letter whose shape they change. */
const JOINED =
  /(?<=[\p{Extended_Pictographic}\p{Emoji_Modifier}\p{M}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Mongolian}])[\u200c\u200d](?=[\p{L}\p{Extended_Pictographic}])/gu;

/**
 * Invisible characters: names would differ but look the same. Variation selectors stay allowed for
 * emoji.
 */
const INVISIBLE =
  /[\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200d\u2060-\u2065\u206a-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb\u{e0000}-\u{e0fff}]/u;

/**
 * Returns the rule that a name breaks by looking like another name or like an option of a command.
 * Only new names are checked; stored names stay readable.
 */
export function findDeception(name: string): [rule: NameRule, reason: string] | undefined {
  const reordered = findReordering(name);
  if (reordered) return reordered;
  const invisible = INVISIBLE.exec(name.replaceAll(JOINED, ""))?.[0];
  if (invisible !== undefined) {
    const code = invisible.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0");
    return ["invisible-character", `it has a character that is not seen (U+${code})`];
  }
  if (name.split("/").some((segment) => segment.startsWith("-"))) {
    return ["leading-dash", 'a segment starts with "-", which commands take for an option'];
  }
}

/**
 * Throws `InvalidNameError` if a new name of an experiment, run or model, or a new key, has a
 * bidirectional control: in a list it would pass for another. These names are free text otherwise.
 * What is no string is left to other checks.
 */
export function assertNotReordered(what: string, name: unknown): void {
  const refusal = typeof name === "string" ? findReordering(name) : undefined;
  if (refusal) throw new InvalidNameError(what, name, ...refusal);
}

function findReordering(name: string): [rule: NameRule, reason: string] | undefined {
  if (!BIDI_CONTROL.test(name)) return undefined;
  return ["bidirectional-control", "it has a character that changes the direction of text"];
}
