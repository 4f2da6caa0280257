import type { Collection, Form, Tagged } from "./form.ts";
import { parseInstant } from "./instant.ts";
import { canBeKeyword, isSafe } from "./token.ts";
import type { EdnKind } from "./kind.ts";

/** Creates a value for a form that JavaScript has no type for. */
export type MakeValue = (kind: EdnKind, text: string, value: unknown) => unknown;

/**
 * Converts a form to a JavaScript value; a form without JavaScript type becomes an {@linkcode
 * EdnValue}.
 */
export function decode(form: Form, make: MakeValue): unknown {
  const { type, text } = form;
  switch (type) {
    case "plain":
      return form.value;
    case "integer":
      // A bigint would be written without the suffix.
      return form.suffixed && fits64Bits(form.value) && !isSafe(form.value)
        ? make("integer", text, form.value)
        : form.value;
    case "decimal":
    case "character":
      return make(type, text, form.value);
    case "ratio":
      return make(type, text, divide(form.numerator, form.denominator));
    case "keyword":
    case "symbol":
      return make(type, text, form.name);
    case "vector":
      return form.items.map((item) => decode(item, make));
    case "list":
      return make(type, text, form.items.map((item) => decode(item, make)));
    case "set":
      return new Set(form.items.map((item) => decode(item, make)));
    case "map":
      return decodeMap(form, make);
    case "tagged":
      return decodeTagged(form, make);
  }
}

/** Whether Clojure can hold an integer in a long. */
export function fits64Bits(value: bigint): boolean {
  return BigInt.asIntN(64, value) === value;
}

function decodeMap({ items }: Collection, make: MakeValue): unknown {
  const entries: [unknown, unknown][] = [];
  const named: [string, unknown][] = [];
  for (let at = 0; at < items.length; at += 2) {
    const [key, value] = [items[at]!, decode(items[at + 1]!, make)];
    const name = propertyOf(key);
    if (name !== undefined) named.push([name, value]);
    entries.push([decode(key, make), value]);
  }
  // `fromEntries` defines own properties, even for a name such as `__proto__`.
  return named.length === entries.length ? Object.fromEntries(named) : new Map(entries);
}

/** Returns the property name that is written as this key; `undefined` if there is none. */
function propertyOf(key: Form): string | undefined {
  if (key.type === "keyword") return canBeKeyword(key.name) ? key.name : undefined;
  if (key.type !== "plain" || typeof key.value !== "string") return undefined;
  return canBeKeyword(key.value) ? undefined : key.value;
}

function decodeTagged({ tag, item, text }: Tagged, make: MakeValue): unknown {
  const value = decode(item, make);
  return (tag === "inst" ? parseInstant(value) : undefined) ?? make("tagged", text, value);
}

/**
 * Divides two bigints that may exceed the range of a number. The result is accurate to almost the
 * last digit.
 */
function divide(numerator: bigint, denominator: bigint): number {
  const excess = Math.max(bits(numerator), bits(denominator)) - 1000;
  if (excess <= 0) return Number(numerator) / Number(denominator);
  const shift = BigInt(excess);
  const [above, below] = [Number(numerator >> shift), Number(denominator >> shift)];
  // A denominator of 0 after shifting is so much smaller that the quotient is infinite.
  return above / below;
}

function bits(value: bigint): number {
  return 4 * value.toString(16).length;
}
