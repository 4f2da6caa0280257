/** Check of a database for damage, as far as a client can detect it. */
import type { MetadataCheck } from "../metadata_store.ts";
import type { Database } from "./database.ts";
import { INDEXES, TABLES } from "./schema.ts";

/** Server settings that risk acknowledged writes or the whole database. */
const RISKS: Readonly<Record<string, string>> = {
  fsync: "a power cut of the server can damage the database",
  full_page_writes: "a power cut of the server can damage the database",
};

/** Makes the server read every value of every row, and checks its indexes and settings. */
export async function checkDatabase(database: Database): Promise<MetadataCheck> {
  const damage: string[] = [];
  for (const table of Object.keys(TABLES)) {
    // As text, so that long values are also read and decompressed.
    await database.read((sql) => sql.all(`SELECT count(t::text) FROM ${table} AS t`))
      .catch((error) => damage.push(`table ${table}: ${(error as Error).message}`));
  }
  const invalid = await database.read((sql) =>
    sql.all(
      `SELECT c.relname AS name FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
        WHERE NOT i.indisvalid AND c.relname = ANY(?::text[]) AND c.relnamespace =
          (SELECT oid FROM pg_namespace WHERE nspname = current_schema())`,
      Object.keys(INDEXES),
    )
  );
  damage.push(
    ...invalid.map(({ name }) => `index ${name} is not valid; run: REINDEX INDEX ${name}`),
  );
  const settings = await database.read((sql) =>
    sql.all(
      "SELECT name FROM pg_settings WHERE setting = 'off' AND name = ANY(?::text[])",
      Object.keys(RISKS),
    )
  );
  const warnings = settings.map(({ name }) => `${name} is off: ${RISKS[String(name)]}`);
  return { damage, warnings };
}
