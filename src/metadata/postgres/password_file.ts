/** The file of passwords that PostgreSQL's own programs read. */
import { join } from "@std/path";
import { variable } from "../../base/variable.ts";

/** What a password is for. */
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
 * The password of `PGPASSFILE` or `~/.pgpass`. A file that others may read is ignored, as everywhere;
 * so is one that must not be read here.
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

/** The password of the first line that fits. */
export function findPassword(text: string, scope: PasswordScope): string | undefined {
  // A socket's directory is named by the host that it is the default of.
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

/** Fields of a line, in which a backslash precedes a colon or a backslash that is meant itself. */
function fieldsOf(line: string): string[] {
  return (line.match(/(?:^|:)(?:\\.|[^:\\])*/g) ?? [])
    .map((field) => field.replace(/^:/, "").replace(/\\(.)/g, "$1"));
}
