/** Query parameters, checked against the declaration of an endpoint. */
import { nearNames } from "../../base/near_names.ts";
import { bad } from "./api_error.ts";
import type { Schema } from "./schema.ts";

/** Declaration of a query parameter. */
export interface Parameter {
  /** Meaning of the parameter. */
  readonly description: string;
  /** Schema: text, integer, boolean or an enumeration. */
  readonly schema: Schema;
  /** Whether it is required. */
  readonly required?: boolean;
  /** Whether it is a list, comma-separated or repeated. */
  readonly repeats?: boolean;
}

type Value = string | number | boolean | readonly string[];

/** Checked parameters. */
export class Query {
  readonly #values: ReadonlyMap<string, Value>;

  /**
   * Checks a query.
   *
   * @throws {ApiError} If a parameter is undeclared, invalid or missing.
   */
  constructor(search: URLSearchParams, declared: Readonly<Record<string, Parameter>>) {
    const values = new Map<string, Value>();
    for (const name of new Set(search.keys())) {
      const parameter = Object.hasOwn(declared, name) ? declared[name] : undefined;
      if (!parameter) throw unknown(name, Object.keys(declared));
      values.set(name, valueOf(name, search.getAll(name), parameter));
    }
    for (const [name, { required = false, description }] of Object.entries(declared)) {
      if (required && !values.has(name)) {
        throw bad(`The parameter ${JSON.stringify(name)} is missing: ${description}`);
      }
    }
    this.#values = values;
  }

  /** Returns a text. */
  text(name: string): string | undefined {
    return this.#values.get(name) as string | undefined;
  }

  /** Returns an integer, or its default. */
  integer(name: string, fallback: number): number {
    return this.#values.get(name) as number | undefined ?? fallback;
  }

  /** Returns a boolean. */
  flag(name: string): boolean {
    return this.#values.get(name) === true;
  }

  /** Returns a list; empty if it is missing. */
  list(name: string): readonly string[] {
    return this.#values.get(name) as readonly string[] | undefined ?? [];
  }
}

function unknown(name: string, known: readonly string[]): Error {
  const takes = known.length === 0 ? "it takes none" : `it takes ${known.join(", ")}`;
  const [near] = nearNames(name, known);
  return bad(
    `There is no parameter ${JSON.stringify(name.slice(0, 100))} here: ${takes}` +
      (near === undefined ? "" : `; did you mean ${near}?`),
  );
}

function valueOf(name: string, given: readonly string[], { schema, repeats }: Parameter): Value {
  // Repeated parameters are one value each, whatever they contain.
  if (repeats) return given.length > 1 ? given : given[0] === "" ? [] : given[0]!.split(",");
  if (given.length > 1) throw bad(`The parameter ${JSON.stringify(name)} is given more than once`);
  const text = given[0]!;
  if (Array.isArray(schema.enum)) {
    if (schema.enum.includes(text)) return text;
    throw wrong(name, text, `one of ${schema.enum.join(", ")}`);
  }
  if (schema.type === "integer") {
    const { minimum = -Infinity, maximum = Infinity } = schema as {
      minimum?: number;
      maximum?: number;
    };
    const number = /^-?\d{1,16}$/.test(text) ? Number(text) : NaN;
    if (Number.isSafeInteger(number) && number >= minimum && number <= maximum) return number;
    throw wrong(name, text, `a whole number from ${minimum} to ${maximum}`);
  }
  if (schema.type === "boolean") {
    if (["true", "1"].includes(text)) return true;
    if (["false", "0", ""].includes(text)) return false;
    throw wrong(name, text, "true or false");
  }
  if (text.includes("\0") || !text.isWellFormed()) {
    throw wrong(name, text, "Unicode text without U+0000");
  }
  return text;
}

function wrong(name: string, text: string, takes: string): Error {
  return bad(
    `The parameter ${JSON.stringify(name)} takes ${takes}, not ${
      JSON.stringify(text.slice(0, 100))
    }`,
  );
}
