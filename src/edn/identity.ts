import type { Form } from "./form.ts";
import { parseInstant } from "./instant.ts";

/**
 * Assigns equal forms the same number. Forms are equal if Clojure considers them equal, so that
 * they cannot be in one set, or if JavaScript does, e.g. `1` and `1.0`, which would collapse in a
 * `Set`.
 */
export class Identities {
  readonly #known = new Map<Form, number>();
  readonly #numbers = new Map<string, number>();
  readonly #byValue: boolean;

  /** With `byValue`, numbers of every type are equal if their values are: `1e-3M` and `0.001`. */
  constructor({ byValue = false }: { readonly byValue?: boolean } = {}) {
    this.#byValue = byValue;
  }

  /** Returns the number of a form. Nested forms are compared by their numbers. */
  of(form: Form): number {
    let identity = this.#known.get(form);
    if (identity === undefined) {
      const description = this.#describe(form);
      identity = this.#numbers.get(description) ?? this.#numbers.size;
      this.#numbers.set(description, identity);
      this.#known.set(form, identity);
    }
    return identity;
  }

  #describe(form: Form): string {
    switch (form.type) {
      case "plain":
        return typeof form.value === "number"
          ? this.#byValue && Number.isFinite(form.value)
            ? `value ${shortest(`${form.value}M`)}`
            : describeNumber(form.value)
          : `${typeof form.value} ${form.value}`;
      case "integer":
        return this.#byValue ? `value ${shortest(`${form.value}M`)}` : `integer ${form.value}`;
      case "decimal":
        return `${this.#byValue ? "value" : "decimal"} ${shortest(form.text)}`;
      case "ratio":
        return `ratio ${reduced(form.numerator, form.denominator)}`;
      case "keyword":
      case "symbol":
        return `${form.type} ${form.name}`;
      case "character":
        return `character ${form.value}`;
      case "list":
      case "vector":
        return `sequence ${form.items.map((item) => this.of(item))}`;
      case "set":
        return `set ${form.items.map((item) => this.of(item)).sort((a, b) => a - b)}`;
      case "map": {
        const entries: string[] = [];
        for (let at = 0; at < form.items.length; at += 2) {
          entries.push(`${this.of(form.items[at]!)} ${this.of(form.items[at + 1]!)}`);
        }
        return `map ${entries.sort()}`;
      }
      case "tagged": {
        const text = form.item.type === "plain" ? form.item.value : undefined;
        if (typeof text === "string" && form.tag === "uuid") return `uuid ${text.toLowerCase()}`;
        const instant = form.tag === "inst" ? parseInstant(text) : undefined;
        return instant ? `inst ${instant.getTime()}` : `tagged ${form.tag} ${this.of(form.item)}`;
      }
    }
  }
}

function describeNumber(value: number): string {
  return Number.isInteger(value) ? `integer ${BigInt(value)}` : `number ${value}`;
}

/** Canonical text of a decimal, without redundant zeros. */
function shortest(text: string): string {
  const [, sign, whole, part = "", exponent = "0"] =
    /^([-+]?)0*(\d+)(?:\.(\d*))?(?:[eE]([-+]?\d+))?M$/.exec(text)!;
  const digits = `${whole}${part}`.replace(/^0+(?=.)/, "");
  const kept = trimZeros(digits);
  if (kept === "") return "0";
  const scale = BigInt(exponent) - BigInt(part.length) + BigInt(digits.length - kept.length);
  return `${sign === "-" ? "-" : ""}${kept}e${scale}`;
}

function trimZeros(digits: string): string {
  let end = digits.length;
  while (end > 0 && digits[end - 1] === "0") end--;
  return digits.slice(0, end);
}

function reduced(numerator: bigint, denominator: bigint): string {
  let [a, b] = [numerator < 0n ? -numerator : numerator, denominator];
  while (b > 0n) [a, b] = [b, a % b];
  return `${numerator / a}/${denominator / a}`;
}
