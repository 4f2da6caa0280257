/** Transfer of the store's errors to another process. */
import * as errors from "../../base/errors.ts";
import { type Named, Phrase } from "../../base/phrase.ts";
import * as remote from "../../base/server_errors.ts";
import { FilterError } from "../../metadata/filter.ts";

import { UploadLostError } from "./uploads.ts";

const { ChachamlError, StorageError } = errors;

/** An error as plain data. */
interface ErrorDescription {
  /** Name of its class. */
  readonly class: string;
  /** Its code. */
  readonly code: string;
  /** Its message, with names of the library as data. */
  readonly words: readonly (string | Named)[];
  /** Its other fields. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A class of errors, regardless of its constructor's parameters. */
type ErrorClass = abstract new (...args: never) => errors.ChachamlError;

/** Transferable error classes, by name. */
const CLASSES: ReadonlyMap<string, ErrorClass> = new Map(
  Object.entries<unknown>({ ...errors, ...remote, FilterError, UploadLostError }).filter(
    isErrorClass,
  ),
);

function isErrorClass(entry: [string, unknown]): entry is [string, ErrorClass] {
  return typeof entry[1] === "function" && entry[1].prototype instanceof ChachamlError;
}

/** Codes of errors whose messages describe the server's disk or database. */
const PRIVATE = ["storage", "driver", "not-a-store", "lost-database", "newer-format"];

/** Fields that every error has. */
const COMMON = ["code", "name", "message", "stack", "cause"];

/** Converts an error to plain data. Details of the server's own failures are omitted. */
export function describeError(error: unknown): ErrorDescription {
  const isPublic = error instanceof UploadLostError ||
    error instanceof ChachamlError && !PRIVATE.includes(error.code);
  const shown = isPublic
    ? error
    : new StorageError("do this on the server", "it failed there; see the server's log");
  const { code, name } = shown;
  const fields = Object.entries(shown).filter(([key]) => !COMMON.includes(key));
  return {
    class: name,
    code,
    words: wordsOf(shown),
    fields: Object.fromEntries(fields),
  };
}

/** Returns the message of an error, with names of the library as data. */
function wordsOf(error: errors.ChachamlError): (string | Named)[] {
  const names: Named[] = [];
  // Messages have no U+0000, since quoted values are escaped.
  const texts = error.messageIn((named) => (names.push(named), "\0")).split("\0");
  if (texts.length !== names.length + 1) return [error.message];
  return texts.flatMap((text, at) => at === 0 ? [text] : [names[at - 1]!, text]);
}

/** Recreates an error, of its own class if that is known. */
export function reviveError(description: unknown): Error {
  const { class: name, code, words, fields } = description as Partial<ErrorDescription>;
  const parts = Array.isArray(words) ? words : ["The server failed and did not say how"];
  const own = CLASSES.get(String(name)) ?? ChachamlError;
  // The constructor of the class would compose another message.
  const error = Reflect.construct(ChachamlError, [
    String(code ?? "failed"),
    new Phrase(parts as (string | Named)[]),
  ], own) as errors.ChachamlError;
  for (const [key, value] of Object.entries(fields ?? {})) {
    if (!COMMON.includes(key)) Object.defineProperty(error, key, { value, enumerable: true });
  }
  return error;
}
