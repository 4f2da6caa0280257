/** Entry point of PostgreSQL. Loaded when a URL names a database there. */
import { InvalidOptionError, StorageError, StoreNotFoundError } from "../../base/errors.ts";
import { option, phrase } from "../../base/phrase.ts";
import type { MetadataStore } from "../metadata_store.ts";
import { createSchema, inspectSchema, requireWritableSchema } from "./create_schema.ts";
import { Database, type DatabaseOptions } from "./database.ts";
import { PostgresMetadata } from "./metadata_store.ts";
import { type Server, serverOf } from "./server.ts";

/** Options for opening a database. */
export interface OpenPostgresOptions extends DatabaseOptions {
  /** Whether to create missing tables. */
  readonly create?: boolean;
  /** Clock, in epoch milliseconds. */
  readonly now: () => number;
}

/** Minimum version of the server, as in `server_version_num`. */
const OLDEST = 140000;

/**
 * Opens the metadata of a store in PostgreSQL, and creates missing tables.
 *
 * @throws {InvalidOptionError} If the URL or an option is invalid.
 * @throws {StoreNotFoundError} If there are no tables, and none are to be created.
 * @throws {NotAStoreError} If the schema has tables of another program with the same names.
 * @throws {NewerFormatError} If a newer version of the package has written it.
 * @throws {StorageError} If the server cannot be reached or rejects the connection.
 */
export async function openPostgres(
  url: string,
  options: OpenPostgresOptions,
): Promise<MetadataStore> {
  if (options.poolSize < 2) {
    throw new InvalidOptionError(
      "Cannot open a store: poolSize must be 2 or more, as bytes are published while others read",
    );
  }
  const server = await serverOf(url);
  const database = new Database(server, options);
  try {
    await prepare(database, options);
    return new PostgresMetadata(database, options.now);
  } catch (error) {
    await database.close();
    throw error;
  }
}

async function prepare(
  database: Database,
  { readOnly, create = true }: OpenPostgresOptions,
): Promise<void> {
  const { server } = database;
  const [version, before] = await database.read((sql) =>
    Promise.all([
      sql.get("SELECT current_setting('server_version_num')::int AS version"),
      inspectSchema(sql, server),
    ])
  );
  if (Number(version?.version) < OLDEST) {
    throw new StorageError(`open ${server.shown}`, "it requires PostgreSQL 14 or later");
  }
  if (before.state === "absent" && (readOnly || !create)) {
    throw new StoreNotFoundError(server.shown);
  }
  if (readOnly) return requireReadable(before.missing, server);
  requireWritableSchema(before, server);
  if (before.state !== "complete") await database.write((sql) => createSchema(sql, server));
}

/** Checks that nothing is missing in a store that is opened for reading only. */
function requireReadable(missing: readonly string[], { shown }: Server): void {
  if (missing.length === 0) return;
  throw new StorageError(
    `open ${shown}`,
    phrase`it lacks ${
      missing.slice(0, 3).join(", ")
    }, as another program or an older version has made it; open it once for writing, without ${
      option("readOnly")
    }, as the owner of its tables`,
  );
}
