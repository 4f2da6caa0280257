/** Messages of the library in terms of HTTP. */
import type { ChachamlError } from "../../base/errors.ts";
import type { Named } from "../../base/phrase.ts";

/** Equivalents of library calls. */
const CALLS: Readonly<Record<string, string>> = {
  "runs.list": "GET /api/runs",
  "models.versions": "GET /api/models/NAME",
};

/** Returns the message of an error. */
export function messageOf(error: ChachamlError): string {
  return error.messageIn(inHttp);
}

function inHttp(named: Named): string {
  if ("call" in named) return CALLS[named.call] ?? named.call;
  const { option, value } = named;
  const name = option.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return value === undefined ? `"${name}"` : `"${name}": ${JSON.stringify(value)}`;
}
