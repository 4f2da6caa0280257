import { assertObject } from "../base/assert.ts";
import { InvalidOptionError, quote } from "../base/errors.ts";
import { assertPlace } from "./place.ts";

/** How to open a store. */
export interface OpenOptions {
  /**
   * The database: a file of SQLite, or `postgres://user@host:port/name?currentSchema=…` for metadata
   * in PostgreSQL. The password may come from PGPASSWORD or `~/.pgpass`; PG* variables fill in what the
   * URL leaves out. Needs network permission for that host.
   *
   * @default {the environment variable CHACHAML_DB, else "./chachaml.db"}
   */
  readonly path?: string | URL;
  /**
   * The directory of the artifacts' bytes, or `s3://bucket/prefix` for an object store. Beside a
   * database in PostgreSQL it must be given.
   *
   * @default {the database's path, a final ".db" taken off, with "-artifacts" added}
   */
  readonly artifactDir?: string | URL;
  /**
   * Whether the database is kept in memory and the bytes in a temporary directory, both of which
   * are gone on close. An `artifactDir` that is given stays.
   *
   * @default {false}
   */
  readonly inMemory?: boolean;
  /**
   * The SQLite binding: `"ffi"` (`@db/sqlite`), `"builtin"` (`node:sqlite`), or `"auto"`, which
   * takes `"ffi"` where its permissions are granted and a SQLite library is at hand.
   *
   * @default {"auto"}
   */
  readonly driver?: "auto" | "ffi" | "builtin";
  /**
   * `"full"`: what a call has stored survives a power cut. `"relaxed"`: faster, and survives the
   * end of the process, but a power cut can lose the latest, or leave rows whose bytes are not whole.
   *
   * @default {"full"}
   */
  readonly durability?: "full" | "relaxed";
  /**
   * Whether an artifact directory is used although it has files that are not this store's. They stay
   * where they are; {@linkcode Store.gc} removes only what lies in directories of runs.
   *
   * @default {false}
   */
  readonly adoptDirectory?: boolean;
  /**
   * Whether the store is only read. Nothing is written then, and no store is created.
   *
   * @default {false}
   */
  readonly readOnly?: boolean;
  /**
   * Whether a store that is not there is created. Otherwise opening it fails.
   *
   * @default {true, unless `readOnly`}
   */
  readonly create?: boolean;
  /**
   * Milliseconds to wait for other writers before a call fails.
   *
   * @default {60000}
   */
  readonly busyTimeout?: number;
  /**
   * The largest number of connections to a database server. SQLite has no use for it.
   *
   * @default {10}
   */
  readonly poolSize?: number;
  /**
   * Whether SIGINT, SIGTERM and SIGHUP are held up until logged metrics are stored and the runs
   * started here are ended as failed. A program with listeners of its own for these signals turns it
   * off, and closes the store itself.
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
 * Refuses options that cannot be used.
 *
 * @throws {InvalidOptionError} If one is unknown, of a wrong value, or contradicts another.
 */
export function assertOpenOptions(options: OpenOptions): void {
  assertObject("open a store", "its options", options);
  const known = [...Object.keys(CHOICES), "path", "artifactDir", "busyTimeout", "poolSize"];
  for (const [key, value] of Object.entries(options)) {
    if (!known.includes(key)) refuse(`unknown option ${JSON.stringify(key)}`);
    const choices = CHOICES[key];
    if (value !== undefined && choices && !choices.includes(value)) {
      refuse(`${key} takes ${choices.join(", ")}, not ${quote(value)}`);
    }
  }
  for (const key of ["path", "artifactDir"] as const) {
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
  if (path === ":memory:") refuse('path ":memory:" names a file here; use inMemory: true');
  if (inMemory && path !== undefined) refuse("inMemory has no path; leave one of them out");
  if (inMemory && readOnly) refuse("inMemory starts empty, so readOnly leaves nothing to do");
  if (inMemory && options.create === false) refuse("inMemory is always created; leave out create");
}

function refuse(reason: string): never {
  throw new InvalidOptionError(`Cannot open a store: ${reason}`);
}
