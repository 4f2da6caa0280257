/**
 * Values as EDN text, the form in which params and the tags of a run are kept, and back. Nothing is
 * lost on the way there and back, except that a whole float, such as `1.0`, is the number 1 and is
 * written as `1`.
 *
 * | EDN                                               | JavaScript                             |
 * | ------------------------------------------------- | -------------------------------------- |
 * | `nil`, booleans, strings                          | `null`, booleans, strings              |
 * | floats, `##NaN`, `##Inf`, integers to 2^53 - 1    | numbers                                |
 * | other integers, and those with the suffix `N`     | bigints                                |
 * | vectors, sets                                     | arrays, `Set`s                         |
 * | maps whose keys an object can have                | plain objects                          |
 * | other maps                                        | `Map`s                                 |
 * | `#inst` of whole milliseconds                     | `Date`s                                |
 * | keywords, symbols, characters, ratios, decimals,  | {@linkcode EdnValue}s                  |
 * | lists, tagged values, text that is no EDN         |                                        |
 *
 * An object's keys are written as keywords where they can be, else as strings. So a map is an object
 * if its keys are such keywords, and strings that can be no keyword.
 *
 * @module
 */
import { decode } from "./decode.ts";
import { encode, type ParamValue } from "./encode.ts";
import { Identities } from "./identity.ts";
import { readForm } from "./reader.ts";
import { EdnValue, makeEdnValue } from "./value.ts";

export { EdnValue } from "./value.ts";
export type { EdnKind } from "./kind.ts";
export type { ParamValue, Storable, StorableObject } from "./encode.ts";

/**
 * A value as EDN text.
 *
 * @throws {InvalidOptionError} If it is, or contains, what EDN has no form for.
 */
export function toEdn(value: ParamValue): string {
  return encode(value);
}

/**
 * A value as EDN text that is to be stored.
 *
 * @param value The value.
 * @param where What it is stored as, for messages.
 * @throws {InvalidOptionError} If it is, or contains, what EDN has no form for, or text with U+0000 or
 * half a character, which other programs do not read back.
 */
export function toStoredEdn(value: unknown, where: string): string {
  return encode(value as ParamValue, where);
}

/**
 * Whether two EDN texts stand for the same value: the order of keys does not matter, nor how a number
 * is written.
 */
export function sameEdn(a: string, b: string): boolean {
  if (a === b) return true;
  try {
    const identities = new Identities({ byValue: true });
    return identities.of(readForm(a)) === identities.of(readForm(b));
  } catch {
    return false;
  }
}

/** The value of EDN text; never throws, as damaged text is a value too. */
export function fromEdn(text: string): unknown {
  try {
    return decode(readForm(text), makeEdnValue);
  } catch {
    return new EdnValue("unreadable", text, text);
  }
}
