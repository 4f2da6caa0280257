import { assertObject } from "../base/assert.ts";
import { InvalidOptionError, quote } from "../base/errors.ts";
import { assertPlace, isServer } from "./place.ts";

/** Options for opening a store. */
export interface OpenOptions {
  /**
   * Database: path of a SQLite file, or `postgres://user@host:port/name?currentSchema=…` for
   * metadata in PostgreSQL. The password may come from PGPASSWORD or `~/.pgpass`; PG* variables
   * supply what the URL omits. `https://host:port` is a store that `chachaml serve` serves there,
   * with its artifacts. A server requires `--allow-net` for its host.
   *
   * @default {the environment variable CHACHAML_DB, else "./chachaml.db"}
   */
  readonly path?: string | URL;
  /**
   * Token to sign in with at the server of an `https:` URL. A user's name and password are given in
   * the URL instead.
   *
   * @default {the environment variable CHACHAML_TOKEN}
   */
  readonly token?: string;
  /**
   * Directory that keeps metrics, params, tags and ends of runs while the server of an `https:` URL is
   * away; they are sent later.
   *
   * @default {"chachaml/spool" in the user's cache, if it may be read and written}
   */
  readonly spoolDir?: string | URL;
  /**
   * Directory for the bytes of artifacts, or `s3://bucket/prefix` for an object store. Required if
   * the database is on a server.
   *
   * @default {`path` without a final ".db", plus "-artifacts"}
   */
  readonly artifactDir?: string | URL;
  /**
   * Whether to keep the database in memory and the bytes in a temporary directory, both removed on
   * close. An explicit `artifactDir` is kept.
   *
   * @default {false}
   */
  readonly inMemory?: boolean;
  /**
   * SQLite driver: `"ffi"` (`@db/sqlite`), `"builtin"` (`node:sqlite`), or `"auto"`, which chooses
   * `"ffi"` if its permissions are granted and a SQLite library is installed.
   *
   * @default {"auto"}
   */
  readonly driver?: "auto" | "ffi" | "builtin";
  /**
   * `"full"`: stored data survives a power cut. `"relaxed"`: faster, and survives the end of the
   * process, but a power cut may lose the latest data or leave records with incomplete bytes. Of a
   * server, it says this of what is kept here while the server is away.
   *
   * @default {"full"}
   */
  readonly durability?: "full" | "relaxed";
  /**
   * Whether to use an artifact directory that has files of other origin. They are kept; {@linkcode
   * Store.gc} removes only files in directories of runs.
   *
   * @default {false}
   */
  readonly adoptDirectory?: boolean;
  /**
   * Whether to open the store for reading only. Nothing is written or created.
   *
   * @default {false}
   */
  readonly readOnly?: boolean;
  /**
   * Whether to create a missing store. With `false`, opening it fails.
   *
   * @default {true, unless `readOnly`}
   */
  readonly create?: boolean;
  /**
   * How long a call waits for other writers before it fails, in milliseconds.
   *
   * @default {60000}
   */
  readonly busyTimeout?: number;
  /**
   * Maximum number of connections to a database server. SQLite ignores it.
   *
   * @default {10}
   */
  readonly poolSize?: number;
  /**
   * Whether SIGINT, SIGTERM and SIGHUP are delayed, for at most 10 seconds, until buffered metrics
   * are stored and the runs of this process are ended as failed. Disable it in programs that handle
   * these signals and close the store themselves.
   *
   * @default {true}
   */
  readonly handleSignals?: boolean;
}

const CHOICES: Record<string, readonly unknown[]> = {
  driver: ["auto", "ffi", "builtin"],
  durability: ["full", "relaxed"],
  inMemory: [true, false],
  readOnly: [true, false],
  handleSignals: [true, false],
  adoptDirectory: [true, false],
  create: [true, false],
};

/**
 * Checks the options of `openStore`.
 *
 * @throws {InvalidOptionError} If one is unknown, invalid, or contradicts another.
 */
export function assertOpenOptions(options: OpenOptions): void {
  assertObject("open a store", "its options", options);
  const known = [
    ...Object.keys(CHOICES),
    "path",
    "artifactDir",
    "busyTimeout",
    "poolSize",
    "token",
    "spoolDir",
  ];
  for (const [key, value] of Object.entries(options)) {
    if (!known.includes(key)) refuse(`unknown option ${JSON.stringify(key)}`);
    const choices = CHOICES[key];
    if (value !== undefined && choices && !choices.includes(value)) {
      refuse(`${key} takes ${choices.join(", ")}, not ${quote(value)}`);
    }
  }
  for (const key of ["path", "artifactDir", "spoolDir"] as const) {
    const value = options[key];
    if (value === undefined || value instanceof URL) continue;
    if (typeof value !== "string" || value === "" || value.includes("\0")) {
      refuse(`${key} must be a path or a URL`);
    }
  }
  const { busyTimeout = 0, poolSize = 1, path, inMemory, readOnly } = options;
  if (!Number.isSafeInteger(poolSize) || poolSize < 1) {
    refuse(`poolSize must be a whole number of connections, 1 or more, not ${quote(poolSize)}`);
  }
  if (typeof busyTimeout !== "number" || !(busyTimeout >= 0)) {
    refuse(`busyTimeout must be a number of milliseconds, 0 or more, not ${quote(busyTimeout)}`);
  }
  assertPlace(options);
  assertToken(options);
  if (path === ":memory:") refuse('path ":memory:" names a file here; use inMemory: true');
  if (inMemory && path !== undefined) refuse("inMemory has no path; leave one of them out");
  if (inMemory && readOnly) refuse("inMemory starts empty, so readOnly leaves nothing to do");
  if (inMemory && options.create === false) refuse("inMemory is always created; leave out create");
}

/** A token is sent in a header, and only to a server. */
function assertToken({ token, path, spoolDir }: OpenOptions): void {
  if (spoolDir !== undefined && !isServer(path)) {
    refuse("spoolDir is for the server of an https: URL as path");
  }
  if (token === undefined) return;
  if (typeof token !== "string" || !/^[\x21-\x7e]+$/.test(token)) {
    refuse("token must be text without spaces");
  }
  if (!isServer(path)) refuse("token is for the server of an https: URL as path");
}

function refuse(reason: string): never {
  throw new InvalidOptionError(`Cannot open a store: ${reason}`);
}
