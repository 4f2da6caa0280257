/** The password file read by PostgreSQL's own programs. */
import { join } from "@std/path";
import { variable } from "../../base/variable.ts";

/** Connection for which a password is looked up. */
export interface PasswordScope {
  /** Host, or directory of a socket. */
  readonly host: string;
  /** Port. */
  readonly port: number;
  /** Database. */
  readonly database: string;
  /** Role. */
  readonly user: string;
}

/** Fields of a line before the password. */
const FIELDS = ["host", "port", "database", "user"] as const;

/**
 * Returns the password from `PGPASSFILE` or `~/.pgpass`. Like in PostgreSQL, a file that others may
 * read is ignored; so is one without permission to read it.
 */
export async function passwordFor(scope: PasswordScope): Promise<string | undefined> {
  const home = variable("HOME");
  const path = variable("PGPASSFILE") ?? (home && join(home, ".pgpass"));
  if (path === undefined) return undefined;
  if (Deno.permissions.querySync({ name: "read", path }).state !== "granted") return undefined;
  try {
    const { isFile, mode } = await Deno.stat(path);
    if (!isFile || ((mode ?? 0) & 0o077) !== 0) return undefined;
    return findPassword(await Deno.readTextFile(path), scope);
  } catch {
    return undefined; // There is none; signing in tells whether one is needed.
  }
}

/** Returns the password of the first matching line. */
export function findPassword(text: string, scope: PasswordScope): string | undefined {
  // The default socket directory is named "localhost".
  const host = scope.host.startsWith("/") ? "localhost" : scope.host;
  const wanted = { ...scope, host, port: String(scope.port) };
  for (const line of text.split(/\r?\n/)) {
    if (line.startsWith("#")) continue;
    const fields = fieldsOf(line);
    if (fields.length < 5) continue;
    const fits = FIELDS.every((name, at) => fields[at] === "*" || fields[at] === wanted[name]);
    if (fits) return fields[4];
  }
  return undefined;
}

/** Splits a line into fields. A backslash escapes a colon or a backslash. */
function fieldsOf(line: string): string[] {
  return (line.match(/(?:^|:)(?:\\.|[^:\\])*/g) ?? [])
    .map((field) => field.replace(/^:/, "").replace(/\\(.)/g, "$1"));
}
