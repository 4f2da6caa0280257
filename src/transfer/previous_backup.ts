import type { IndexEntry } from "../artifacts/artifact_index.ts";
import type { ByteStore } from "../bytes/byte_store.ts";
import { InvalidOptionError } from "../errors.ts";
import { fold } from "../names.ts";
import { noteOpenFile } from "../sql/open_files.ts";
import { publicError } from "../sql/public_error.ts";
import { hasTable, inspectSchema } from "../sql/schema.ts";
import type { SqlConnection, SqlDriver } from "../sql/sql_driver.ts";
import { isThere } from "./database_file.ts";

/** Our own table that makes a database a backup, and says of what. */
export const BACKUP_TABLE = "backup_of";

/** Has a database say that it is the backup of the one at `origin`. */
export function markAsBackup(sql: SqlConnection, origin: string): void {
  if (!hasTable(sql, BACKUP_TABLE)) {
    sql.prepare(`CREATE TABLE ${BACKUP_TABLE} (path TEXT NOT NULL, created_at INTEGER NOT NULL)`)
      .run();
  }
  sql.prepare(`DELETE FROM ${BACKUP_TABLE}`).run();
  sql.prepare(`INSERT INTO ${BACKUP_TABLE} VALUES (?, ?)`).run(origin, Date.now());
}

/** The backup that is in place until a new one takes it; whole at every moment. */
export class PreviousBackup {
  readonly #sql: SqlConnection;
  readonly #forget: () => void;
  #open = true;

  private constructor(sql: SqlConnection, forget: () => void) {
    this.#sql = sql;
    this.#forget = forget;
  }

  /**
   * Opens what is in place; gives `undefined` if nothing is.
   *
   * @throws {InvalidOptionError} If it is no backup, or the backup of another store.
   */
  static async open(
    path: string,
    driver: SqlDriver,
    origin: string,
    takeOver: boolean,
  ): Promise<PreviousBackup | undefined> {
    if (!await isThere(path)) return undefined;
    const forget = noteOpenFile(path, driver.name, "write");
    let sql: SqlConnection | undefined;
    try {
      sql = driver.open(path, "write");
      inspectSchema(sql, path);
      const found = hasTable(sql, BACKUP_TABLE)
        ? sql.prepare(`SELECT path FROM ${BACKUP_TABLE}`).get()?.path
        : undefined;
      if (found === undefined) {
        refuse(path, "there is a store that is no backup; choose another directory");
      }
      if (found !== origin && !takeOver) {
        refuse(
          path,
          `it holds the backup of ${JSON.stringify(found)}; choose another directory, or take it ` +
            "over (takeOver, --take-over) if that is this store's former place",
        );
      }
      return new PreviousBackup(sql, forget);
    } catch (error) {
      sql?.close();
      forget();
      throw publicError(error, `open ${JSON.stringify(path)}`);
    }
  }

  /** The hashes of its files, by path. */
  hashes(): Map<string, string> {
    const rows = this.#sql.prepare("SELECT path, hash FROM artifacts").all();
    return new Map(rows.map(({ path, hash }) => [String(path), String(hash)]));
  }

  /**
   * Moves files aside that are in the way of those to come: of the same path with other bytes, or
   * where a folder must be, or the other way round. Its own rows go with them.
   */
  async makeWay(entries: readonly IndexEntry[], bytes: ByteStore): Promise<void> {
    const coming = new Map<string, { path: string; hash: string }>();
    const folders = new Set<string>();
    for (const { record, problem } of entries) {
      if (problem) continue;
      const key = fold(record.path);
      coming.set(key, record);
      for (const folder of foldersOf(key)) folders.add(folder);
    }
    const aside = new Map<string, string>();
    for (const [path, hash] of this.hashes()) {
      const key = fold(path);
      const other = coming.get(key);
      const stays = other ? other.path === path && other.hash === hash : !folders.has(key);
      if (stays && ![...foldersOf(key)].some((folder) => coming.has(folder))) continue;
      const place = `${path.split("/", 1)[0]}/${crypto.randomUUID()}`;
      if (await addName(bytes, path, place)) aside.set(path, place);
    }
    if (aside.size === 0) return;
    try {
      this.#sql.prepare("BEGIN IMMEDIATE").run();
      const move = this.#sql.prepare("UPDATE artifacts SET path = ? WHERE path = ?");
      for (const [path, place] of aside) move.run(place, path);
      this.#sql.prepare("COMMIT").run();
    } catch (error) {
      throw publicError(error, "write to the previous backup");
    }
    for (const path of aside.keys()) bytes.remove(path);
  }

  /** Closes its database; may be called again. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#sql.close();
    this.#forget();
  }
}

/** Gives a stored file a second path; `false` if it is not there. */
async function addName(bytes: ByteStore, path: string, place: string): Promise<boolean> {
  const entry = bytes.look(path);
  if (entry?.kind !== "file") return false;
  const { identity, size } = entry;
  const location = bytes.locate(path);
  const staged = await bytes.share(location, identity, { size, hash: "" }) ??
    await bytes.clone(location, {});
  try {
    await bytes.publish(staged, place);
  } finally {
    staged.discard();
  }
  return true;
}

function* foldersOf(path: string): Generator<string> {
  for (let at = path.lastIndexOf("/"); at > 0; at = path.lastIndexOf("/", at - 1)) {
    yield path.slice(0, at);
  }
}

function refuse(path: string, state: string): never {
  throw new InvalidOptionError(`Cannot back up to ${JSON.stringify(path)}: ${state}`);
}
