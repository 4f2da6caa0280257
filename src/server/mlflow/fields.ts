/** The fields of a request: those of its JSON body, or, of a GET, of its query. */
import { invalid } from "./mlflow_error.ts";
import { doubleOf, integerOf } from "./proto_json.ts";

/** A key with a value, as params and tags are sent. */
export interface KeyValue {
  /** The key. */
  readonly key: string;
  /** The value. */
  readonly value: string;
}

/** Reads typed fields of a request. Unknown fields are ignored, as protocol buffers do. */
export class Fields {
  readonly #values: Readonly<Record<string, unknown>>;

  /** Reads fields of an object; anything else has no fields. */
  constructor(values: unknown) {
    if (typeof values !== "object" || values === null || Array.isArray(values)) {
      throw invalid("The request body must be a JSON object");
    }
    this.#values = values as Record<string, unknown>;
  }

  /** The fields of a query. A name that is repeated is a list. */
  static ofQuery(query: URLSearchParams): Fields {
    const values: Record<string, unknown> = Object.create(null);
    for (const name of new Set(query.keys())) {
      const all = query.getAll(name);
      values[name] = all.length === 1 ? all[0] : all;
    }
    return new Fields(values);
  }

  /** The value of the first of some names that is given. */
  raw(...names: string[]): unknown {
    for (const name of names) {
      const value = Object.hasOwn(this.#values, name) ? this.#values[name] : undefined;
      if (value !== undefined && value !== null) return value;
    }
  }

  /** Text; a number is taken for the text of it, as ids come in both forms. */
  optionalText(...names: string[]): string | undefined {
    const value = this.raw(...names);
    if (value === undefined) return undefined;
    if (typeof value === "number" || typeof value === "bigint") return String(value);
    if (typeof value === "string") return wellFormed(names[0]!, value);
    throw invalid(`Invalid value for parameter '${names[0]}': it must be text`);
  }

  /** Text that must be given; it may be empty only where `empty` is set. */
  text(name: string, { or, empty = false }: { or?: string; empty?: boolean } = {}): string {
    const value = this.optionalText(name, ...or === undefined ? [] : [or]);
    if (value === undefined || value === "" && !empty) {
      throw invalid(
        `Missing value for required parameter '${name}'. ` +
          "See the API docs for more information about request parameters.",
      );
    }
    return value;
  }

  /** A whole number. */
  optionalInteger(name: string): number | undefined {
    const value = this.raw(name);
    if (value === undefined) return undefined;
    const number = integerOf(value);
    if (number !== undefined) return number;
    throw invalid(
      `Invalid value ${show(value)} for parameter '${name}': it must be a whole number ` +
        "between -2^53 and 2^53",
    );
  }

  /** A number, perhaps not finite. */
  double(name: string): number {
    const value = this.raw(name);
    const number = doubleOf(value);
    if (number !== undefined) return number;
    throw invalid(
      value === undefined
        ? `Missing value for required parameter '${name}'.`
        : `Invalid value ${show(value)} for parameter '${name}': it must be a number`,
    );
  }

  /** Whether a switch is on. */
  flag(name: string): boolean {
    const value = this.raw(name);
    return value === true || value === "true";
  }

  /** The number of results asked for. */
  limit(name: string, fallback: number, most: number): number {
    const limit = this.optionalInteger(name) ?? fallback;
    if (limit >= 1 && limit <= most) return limit;
    throw invalid(
      `Invalid value ${limit} for parameter '${name}' supplied: it must be at least 1 and at most ${most}`,
    );
  }

  /** A list of text; one value stands for a list of it. */
  texts(...names: string[]): string[] {
    const value = this.raw(...names);
    if (value === undefined) return [];
    return (Array.isArray(value) ? value : [value]).map((item) => {
      if (typeof item === "string") return wellFormed(names[0]!, item);
      if (typeof item === "number") return String(item);
      throw invalid(`Invalid value for parameter '${names[0]}': it must be a list of text`);
    });
  }

  /** A list of messages. */
  messages(name: string): Fields[] {
    const value = this.raw(name);
    if (value === undefined) return [];
    if (!Array.isArray(value)) {
      throw invalid(`Invalid value for parameter '${name}': it must be a list`);
    }
    return value.map((item) => new Fields(item));
  }

  /** A message. */
  message(name: string): Fields {
    return new Fields(this.raw(name) ?? {});
  }

  /** A list of keys with values. */
  pairs(name: string): KeyValue[] {
    return this.messages(name).map((pair) => ({
      key: pair.text("key"),
      value: pair.optionalText("value") ?? "",
    }));
  }
}

/** Text with half a surrogate pair, or with U+0000, cannot be stored as it is. */
function wellFormed(name: string, text: string): string {
  if (!text.isWellFormed() || text.includes("\0")) {
    throw invalid(`Invalid value for parameter '${name}': it must be Unicode text without U+0000`);
  }
  return text;
}

function show(value: unknown): string {
  return typeof value === "bigint" ? String(value) : JSON.stringify(value)?.slice(0, 100) ?? "";
}
