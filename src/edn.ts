/** Values as EDN text, the form in which params and the tags of a run are kept, and back. */
import { parseEDNString } from "npm:edn-data@^1.2.2";
import { InvalidOptionError } from "./errors.ts";
import type { JsonValue } from "./artifacts/put_source.ts";

/** What can stand behind the colon of a keyword; any other key is written as a string. */
const KEYWORD = /^[A-Za-z*!_?$%&=<>][\w*!?$%&=<>.+-]*(\/[A-Za-z*!_?$%&=<>][\w*!?$%&=<>.+-]*)?$/;

/** Strings and characters, which are passed over, and symbolic values. */
const TEXT_OR_SYMBOLIC = /"(?:\\.|[^"\\])*"|\\.|##(NaN|-?Inf)/gs;

const SYMBOLIC: Record<string, number> = { NaN, Inf: Infinity, "-Inf": -Infinity };

/** A value as EDN: objects as maps with keyword keys, arrays as vectors, `null` as `nil`. */
export function toEdn(value: JsonValue): string {
  if (!isPlain(value)) {
    throw new InvalidOptionError(
      `Cannot keep ${Deno.inspect(value)}: params and tags are text, numbers, booleans, null, ` +
        "and arrays and plain objects of these",
    );
  }
  if (value === null) return "nil";
  // The escapes of JSON are among those of EDN.
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "number") return numberToEdn(value);
  if (typeof value === "boolean") return String(value);
  if (Array.isArray(value)) return `[${value.map(toEdn).join(" ")}]`;
  const entries = Object.entries(value).map(([key, item]) =>
    `${KEYWORD.test(key) ? `:${key}` : JSON.stringify(key)} ${toEdn(item)}`
  );
  return `{${entries.join(", ")}}`;
}

function isPlain(value: unknown): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return value === null || ["string", "number", "boolean", "object"].includes(typeof value);
  }
  return [Object.prototype, null].includes(Object.getPrototypeOf(value));
}

function numberToEdn(value: number): string {
  if (Number.isNaN(value)) return "##NaN";
  if (!Number.isFinite(value)) return value > 0 ? "##Inf" : "##-Inf";
  return String(value);
}

/** The value of EDN text: maps as objects, keywords as strings. Text that is no EDN is given as it is. */
export function fromEdn(text: string): unknown {
  // The library does not know symbolic values; as tagged ones they come through it.
  const tagged = text.replace(
    TEXT_OR_SYMBOLIC,
    (found, name) => name === undefined ? found : `#number "${name}"`,
  );
  try {
    return parseEDNString(tagged, {
      mapAs: "object",
      keywordAs: "string",
      tagHandlers: { number: (name) => SYMBOLIC[String(name)] },
    });
  } catch {
    return text;
  }
}
