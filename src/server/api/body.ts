/** Members of a JSON body, checked individually. */
import { nearNames } from "../../base/near_names.ts";
import { doubleOf, integerOf } from "../mlflow/proto_json.ts";
import { bad } from "./api_error.ts";

/** Members of a JSON object. */
export class Body {
  readonly #members: Readonly<Record<string, unknown>>;
  readonly #path: string;

  /**
   * Wraps an object.
   *
   * @param value The object.
   * @param known Names of allowed members; by default any.
   * @param path Name of the object, for messages.
   * @throws {ApiError} If it is not an object, or has an unknown member.
   */
  constructor(value: unknown, known?: readonly string[], path = "The body") {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw bad(`${path} must be a JSON object`);
    }
    this.#members = value as Record<string, unknown>;
    this.#path = path;
    const other = known && Object.keys(value).find((name) => !known.includes(name));
    if (known && other !== undefined) {
      const [near] = nearNames(other, known);
      throw bad(
        `${path} takes ${known.join(", ")}, not ${JSON.stringify(other.slice(0, 100))}` +
          (near === undefined ? "" : `; did you mean ${near}?`),
      );
    }
  }

  /** Returns a member as is; `undefined` if it is missing or `null`. */
  raw(name: string): unknown {
    return (Object.hasOwn(this.#members, name) ? this.#members[name] : undefined) ?? undefined;
  }

  /** Whether a member is present, even as `null`. */
  has(name: string): boolean {
    return Object.hasOwn(this.#members, name);
  }

  /** Returns a text. */
  text(name: string): string | undefined {
    const value = this.raw(name);
    if (value === undefined || typeof value === "string") return value;
    throw this.#wrong(name, "text", value);
  }

  /** Returns a required text. */
  requiredText(name: string): string {
    const text = this.text(name);
    if (text !== undefined && text !== "") return text;
    throw bad(`${this.#path} needs ${JSON.stringify(name)}, a text that is not empty`);
  }

  /** Returns a text or `null`; it must be present, so that a forgotten member removes nothing. */
  textOrNull(name: string): string | null {
    if (!this.has(name)) throw bad(`${this.#path} needs ${JSON.stringify(name)}; null removes it`);
    return this.text(name) ?? null;
  }

  /** Returns an integer. */
  integer(name: string): number | undefined {
    const value = this.raw(name);
    if (value === undefined) return undefined;
    const number = integerOf(value);
    if (number !== undefined) return number;
    throw this.#wrong(name, "a whole number between -2^53 and 2^53", value);
  }

  /** Returns a number, possibly not finite. */
  number(name: string): number {
    const value = this.raw(name);
    const number = typeof value === "string" && !SPECIAL.includes(value)
      ? undefined
      : doubleOf(value);
    if (number !== undefined) return number;
    throw this.#wrong(name, "a number, or one of NaN, Infinity and -Infinity as text", value);
  }

  /** Returns a boolean. */
  flag(name: string): boolean {
    const value = this.raw(name) ?? false;
    if (typeof value === "boolean") return value;
    throw this.#wrong(name, "true or false", value);
  }

  /** Returns a list of texts. */
  texts(name: string): string[] {
    const value = this.raw(name);
    if (Array.isArray(value) && value.every((item) => typeof item === "string")) return value;
    throw this.#wrong(name, "a list of text", value);
  }

  /** Returns an object. */
  object(name: string): Record<string, unknown> | undefined {
    const value = this.raw(name);
    if (value === undefined) return undefined;
    if (typeof value === "object" && !Array.isArray(value)) return value as Record<string, unknown>;
    throw this.#wrong(name, "an object", value);
  }

  /** All members. */
  get members(): Readonly<Record<string, unknown>> {
    return this.#members;
  }

  #wrong(name: string, takes: string, value: unknown): Error {
    const shown = typeof value === "bigint"
      ? String(value)
      : JSON.stringify(value)?.slice(0, 100) ?? "nothing";
    return bad(`${JSON.stringify(name)} takes ${takes}, not ${shown}`);
  }
}

const SPECIAL: readonly unknown[] = ["NaN", "Infinity", "-Infinity"];
