import type { Collection, Form, Tagged } from "./form.ts";
import { parseInstant } from "./instant.ts";
import { canBeKeyword, isSafe } from "./token.ts";
import { EdnValue } from "./value.ts";

/** The JavaScript value of a form; what JavaScript lacks is an {@linkcode EdnValue}. */
export function decode(form: Form): unknown {
  const { type, text } = form;
  switch (type) {
    case "plain":
      return form.value;
    case "integer":
      // Such a bigint would be written without the suffix.
      return form.suffixed && fits64Bits(form.value) && !isSafe(form.value)
        ? new EdnValue("integer", text, form.value)
        : form.value;
    case "decimal":
    case "character":
      return new EdnValue(type, text, form.value);
    case "ratio":
      return new EdnValue(type, text, divide(form.numerator, form.denominator));
    case "keyword":
    case "symbol":
      return new EdnValue(type, text, form.name);
    case "vector":
      return form.items.map(decode);
    case "list":
      return new EdnValue(type, text, form.items.map(decode));
    case "set":
      return new Set(form.items.map(decode));
    case "map":
      return decodeMap(form);
    case "tagged":
      return decodeTagged(form);
  }
}

/** Whether Clojure would hold an integer in a long. */
export function fits64Bits(value: bigint): boolean {
  return BigInt.asIntN(64, value) === value;
}

function decodeMap({ items }: Collection): unknown {
  const entries: [unknown, unknown][] = [];
  const named: [string, unknown][] = [];
  for (let at = 0; at < items.length; at += 2) {
    const [key, value] = [items[at]!, decode(items[at + 1]!)];
    const name = propertyOf(key);
    if (name !== undefined) named.push([name, value]);
    entries.push([decode(key), value]);
  }
  // Own properties, whatever their names.
  return named.length === entries.length ? Object.fromEntries(named) : new Map(entries);
}

/** The name of the property that is written as this key; `undefined` if there is none. */
function propertyOf(key: Form): string | undefined {
  if (key.type === "keyword") return canBeKeyword(key.name) ? key.name : undefined;
  if (key.type !== "plain" || typeof key.value !== "string") return undefined;
  return canBeKeyword(key.value) ? undefined : key.value;
}

function decodeTagged({ tag, item, text }: Tagged): unknown {
  const value = decode(item);
  return (tag === "inst" ? parseInstant(value) : undefined) ?? new EdnValue("tagged", text, value);
}

/** The nearest number, or almost, of a ratio whose parts may be beyond what a number can hold. */
function divide(numerator: bigint, denominator: bigint): number {
  const excess = Math.max(bits(numerator), bits(denominator)) - 1000;
  if (excess <= 0) return Number(numerator) / Number(denominator);
  const shift = BigInt(excess);
  const [above, below] = [Number(numerator >> shift), Number(denominator >> shift)];
  // A denominator that vanishes is so much smaller that only an infinity is near.
  return above / below;
}

function bits(value: bigint): number {
  return 4 * value.toString(16).length;
}
