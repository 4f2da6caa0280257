/**
 * Converts values to EDN text, the format in which params and tags of a run are stored, and back.
 * The round trip is lossless, except that a whole float such as `1.0` becomes the number 1 and is
 * written as `1`.
 *
 * | EDN                                               | JavaScript                             |
 * | ------------------------------------------------- | -------------------------------------- |
 * | `nil`, booleans, strings                          | `null`, booleans, strings              |
 * | floats, `##NaN`, `##Inf`, integers to 2^53 - 1    | numbers                                |
 * | other integers, and those with the suffix `N`     | bigints                                |
 * | vectors, sets                                     | arrays, `Set`s                         |
 * | maps whose keys can be property names             | plain objects                          |
 * | other maps                                        | `Map`s                                 |
 * | `#inst` of whole milliseconds                     | `Date`s                                |
 * | keywords, symbols, characters, ratios, decimals,  | {@linkcode EdnValue}s                  |
 * | lists, tagged values, invalid EDN                 |                                        |
 *
 * Keys of an object are written as keywords where possible, otherwise as strings. Conversely a map
 * becomes an object if its keys are such keywords, or strings that cannot be keywords.
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
 * Encodes a value as EDN text.
 *
 * @throws {InvalidOptionError} If the value, or one nested in it, has no EDN form.
 */
export function toEdn(value: ParamValue): string {
  return encode(value);
}

/**
 * Encodes a value as EDN text for storage.
 *
 * @param value Value to encode.
 * @param where Name it is stored under, for messages.
 * @throws {InvalidOptionError} If the value, or one nested in it, has no EDN form, or is text with
 * U+0000 or a lone surrogate, which other programs cannot read back.
 */
export function toStoredEdn(value: unknown, where: string): string {
  return encode(value as ParamValue, where);
}

/**
 * Whether two EDN texts have the same value, whatever the order of keys and the notation of
 * numbers.
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

/** Decodes EDN text. Never throws: invalid text becomes an unreadable `EdnValue`. */
export function fromEdn(text: string): unknown {
  try {
    return decode(readForm(text), makeEdnValue);
  } catch {
    return new EdnValue("unreadable", text, text);
  }
}
