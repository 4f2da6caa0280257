/** Errors of the library in the terms of the command line. */
import { ChachamlError } from "../base/errors.ts";
import type { Named } from "../base/phrase.ts";

/** Equivalents of library options whose flag has a different name. */
const OPTIONS: Record<string, string> = {
  path: "--db",
  "symlinks skip": "--skip-links",
  readOnly: "use commands that only read",
};

/** Equivalents of library calls. */
const CALLS: Record<string, string> = {
  "models.versions": "chachaml models MODEL",
  "runs.list": "chachaml runs",
  restoreStore: "chachaml restore --database",
};

/** Returns the message of an error. */
export function messageOf(error: unknown): string {
  if (error instanceof ChachamlError) return error.messageIn(inCommandLine);
  return error instanceof Error ? error.message : String(error);
}

/** Returns the command line's equivalent of an option or call. */
export function inCommandLine(named: Named): string {
  if ("call" in named) return CALLS[named.call] ?? named.call;
  const { option, value } = named;
  const known = OPTIONS[`${option} ${value}`] ?? OPTIONS[option];
  if (known !== undefined) return known;
  const flag = `--${option.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  return typeof value === "string" ? `${flag} ${value}` : flag;
}
