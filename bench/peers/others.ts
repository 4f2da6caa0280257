/** Operations of peers that are libraries: rows with a BLOB in SQLite, and cacache. */
import { DatabaseSync } from "node:sqlite";
import { join } from "@std/path";

function openRows(directory: string): DatabaseSync {
  const rows = new DatabaseSync(join(directory, "rows.db"));
  rows.exec("PRAGMA busy_timeout = 60000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
  rows.exec("CREATE TABLE IF NOT EXISTS blobs (name TEXT PRIMARY KEY, bytes BLOB)");
  return rows;
}

const OPERATIONS: Record<string, (directory: string, ...args: string[]) => Promise<void> | void> = {
  "rows-each"(directory, from) {
    const rows = openRows(directory);
    const insert = rows.prepare("INSERT INTO blobs VALUES (?, ?)");
    for (const { name } of Deno.readDirSync(from!)) {
      insert.run(name, Deno.readFileSync(join(from!, name)));
    }
    rows.close();
  },
  "rows-puts"(directory, process, count) {
    const rows = openRows(directory);
    const insert = rows.prepare("INSERT INTO blobs VALUES (?, ?)");
    const bytes = crypto.getRandomValues(new Uint8Array(10_000));
    for (let at = 0; at < Number(count); at++) insert.run(`${process}/${at}.bin`, bytes);
    rows.close();
  },
  async cacache(directory, from, version) {
    // Only this benchmark loads the package, so it is not named where checks would follow it.
    const { default: cacache } = await import(`npm:cacache@${version}`);
    const names = Array.from(Deno.readDirSync(from!), ({ name }) => name);
    const width = 16;
    await Promise.all(Array.from({ length: width }, async (_, first) => {
      for (let at = first; at < names.length; at += width) {
        await cacache.put(directory, names[at], await Deno.readFile(join(from!, names[at]!)));
      }
    }));
  },
};

if (import.meta.main) {
  const [name, directory, ...args] = Deno.args;
  await OPERATIONS[name!]!(directory!, ...args);
}
