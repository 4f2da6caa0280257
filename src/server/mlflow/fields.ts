/** Fields of a request: of its JSON body, or of the query for GET. */
import { invalid } from "./mlflow_error.ts";
import { doubleOf, integerOf } from "./proto_json.ts";

/** A key and its value, as for params and tags. */
export interface KeyValue {
  /** The key. */
  readonly key: string;
  /** The value. */
  readonly value: string;
}

/** Reads typed fields of a request. Unknown fields are ignored, as in protocol buffers. */
export class Fields {
  readonly #values: Readonly<Record<string, unknown>>;

  /** Wraps an object; any other value has no fields. */
  constructor(values: unknown) {
    if (typeof values !== "object" || values === null || Array.isArray(values)) {
      throw invalid("The request body must be a JSON object");
    }
    this.#values = values as Record<string, unknown>;
  }

  /** Returns the fields of a query. Repeated names become lists. */
  static ofQuery(query: URLSearchParams): Fields {
    const values: Record<string, unknown> = Object.create(null);
    for (const name of new Set(query.keys())) {
      const all = query.getAll(name);
      values[name] = all.length === 1 ? all[0] : all;
    }
    return new Fields(values);
  }

  /** Returns the value of the first given name that is present. */
  raw(...names: string[]): unknown {
    for (const name of names) {
      const value = Object.hasOwn(this.#values, name) ? this.#values[name] : undefined;
      if (value !== undefined && value !== null) return value;
    }
  }

  /** Returns a text; numbers are converted, because ids occur in both forms. */
  optionalText(...names: string[]): string | undefined {
    const value = this.raw(...names);
    if (value === undefined) return undefined;
    if (typeof value === "number" || typeof value === "bigint") return String(value);
    if (typeof value === "string") return wellFormed(names[0]!, value);
    throw invalid(`Invalid value for parameter '${names[0]}': it must be text`);
  }

  /** Returns a required text, which may be empty only if `empty` is set. */
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

  /** Returns an integer. */
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

  /** Returns a number, possibly not finite. */
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

  /** Returns a boolean. */
  flag(name: string): boolean {
    const value = this.raw(name);
    return value === true || value === "true";
  }

  /** Returns the requested number of results. */
  limit(name: string, fallback: number, most: number): number {
    const limit = this.optionalInteger(name) ?? fallback;
    if (limit >= 1 && limit <= most) return limit;
    throw invalid(
      `Invalid value ${limit} for parameter '${name}' supplied: it must be at least 1 and at most ${most}`,
    );
  }

  /** Returns a list of texts; a single value becomes a list. */
  texts(...names: string[]): string[] {
    const value = this.raw(...names);
    if (value === undefined) return [];
    return (Array.isArray(value) ? value : [value]).map((item) => {
      if (typeof item === "string") return wellFormed(names[0]!, item);
      if (typeof item === "number") return String(item);
      throw invalid(`Invalid value for parameter '${names[0]}': it must be a list of text`);
    });
  }

  /** Returns a list of messages. */
  messages(name: string): Fields[] {
    const value = this.raw(name);
    if (value === undefined) return [];
    if (!Array.isArray(value)) {
      throw invalid(`Invalid value for parameter '${name}': it must be a list`);
    }
    return value.map((item) => new Fields(item));
  }

  /** Returns a message. */
  message(name: string): Fields {
    return new Fields(this.raw(name) ?? {});
  }

  /** Returns a list of keys and values. */
  pairs(name: string): KeyValue[] {
    return this.messages(name).map((pair) => ({
      key: pair.text("key"),
      value: pair.optionalText("value") ?? "",
    }));
  }
}

/** Checks that a text can be stored unchanged: no lone surrogates, no U+0000. */
function wellFormed(name: string, text: string): string {
  if (!text.isWellFormed() || text.includes("\0")) {
    throw invalid(`Invalid value for parameter '${name}': it must be Unicode text without U+0000`);
  }
  return text;
}

function show(value: unknown): string {
  return typeof value === "bigint" ? String(value) : JSON.stringify(value)?.slice(0, 100) ?? "";
}
