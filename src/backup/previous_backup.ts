import { option, type Phrase, phrase } from "../base/phrase.ts";
import { basename } from "@std/path";
import type { ByteStore } from "../bytes/byte_store.ts";
import { fsError } from "../base/fs_error.ts";
import { InvalidOptionError } from "../base/errors.ts";
import { noteOpenFile } from "../metadata/sqlite/open_files.ts";
import { publicError } from "../metadata/sqlite/sql_error.ts";
import { hasTable, inspectSchema } from "../metadata/sqlite/create_schema.ts";
import type { SqlConnection, SqlDriver } from "../metadata/sqlite/sql_driver.ts";
import type { Coming } from "./path_conflicts.ts";
import { COMPANIONS, isThere, requireUnopened } from "./database_copy.ts";

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
  readonly #path: string;
  #open = true;

  private constructor(path: string, sql: SqlConnection, forget: () => void) {
    this.#path = path;
    this.#sql = sql;
    this.#forget = forget;
  }

  /**
   * Opens what is in place; gives `undefined` if nothing is.
   *
   * @throws {InvalidOptionError} If it is no backup, or the backup of another store.
   * @throws {StorageError} If it is open elsewhere, and so could not be replaced.
   */
  static async open(
    path: string,
    driver: SqlDriver,
    origin: string,
    takeOver: boolean,
  ): Promise<PreviousBackup | undefined> {
    if (!await isThere(path)) {
      await refuseRemains(path);
      return undefined;
    }
    let forget: (() => void) | undefined;
    let sql: SqlConnection | undefined;
    try {
      forget = noteOpenFile(path, driver.name, "write");
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
          phrase`it holds the backup of ${
            JSON.stringify(found)
          }; choose another directory, or take it over (${
            option("takeOver", true)
          }) if that is this store's former place`,
        );
      }
      // Told before anything is copied.
      sql.close();
      sql = undefined;
      await requireUnopened(path);
      sql = driver.open(path, "write");
      return new PreviousBackup(path, sql, forget);
    } catch (error) {
      sql?.close();
      forget?.();
      const action = `open ${JSON.stringify(path)}`;
      throw fsError(publicError(error, action), action);
    }
  }

  /**
   * Refuses a store that has none of its runs: another one has taken the place of that which was
   * backed up, and would drop all of this.
   *
   * @throws {InvalidOptionError} If that is so.
   */
  requireKin(store: SqlConnection): void {
    const ids = this.#sql.prepare("SELECT id FROM runs").all().map(({ id }) => id ?? null);
    const has = store.prepare("SELECT 1 FROM runs WHERE id = ?");
    if (ids.length === 0 || ids.some((id) => has.get(id))) return;
    refuse(
      this.#path,
      phrase`of its ${ids.length} runs this store has none; choose another directory, or take it over (${
        option("takeOver", true)
      }) if they are not needed any more`,
    );
  }

  /** The hashes of its files, by path. */
  hashes(): Map<string, string> {
    const rows = this.#sql.prepare("SELECT path, hash FROM artifacts").all();
    return new Map(rows.map(({ path, hash }) => [String(path), String(hash)]));
  }

  /**
   * Gives files that are in the way of those to come, or have other bytes than these, another path.
   * Its own rows go with them, so that it stays whole.
   */
  async makeWay(coming: Coming, bytes: ByteStore): Promise<void> {
    const aside = new Map<string, string>();
    for (const [path, hash] of this.hashes()) {
      if (!coming.meetsFile(path) && !coming.replaces(path, hash)) continue;
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
  }

  /** Closes its database; may be called again. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#sql.close();
    this.#forget();
  }
}

/** A journal without its database would be applied to the one that is to come. */
async function refuseRemains(path: string): Promise<void> {
  for (const companion of COMPANIONS) {
    if (!await isThere(path + companion)) continue;
    const file = JSON.stringify(basename(path) + companion);
    refuse(path, `there is ${file} of a database that is gone; move it elsewhere`);
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

function refuse(path: string, state: string | Phrase): never {
  throw new InvalidOptionError(phrase`Cannot back up to ${JSON.stringify(path)}: ${state}`);
}
