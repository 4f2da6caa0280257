/**
 * 2,000 artifacts of 10 KB, durable each, beside rows with a BLOB in SQLite of the same durability.
 * One iteration is all 2,000; tidying up is not timed.
 */
import { DatabaseSync } from "node:sqlite";
import { join } from "@std/path";
import { openStore } from "@chachaml/store";

const COUNT = 2000;
const BATCH = 100;
const bytes = new Uint8Array(10_000);
crypto.getRandomValues(bytes);

const dir = await Deno.makeTempDir({ prefix: "chachaml-bench-" });
addEventListener("unload", () => Deno.removeSync(dir, { recursive: true }));
const store = await openStore({ path: join(dir, "store.db") });
const rows = new DatabaseSync(join(dir, "rows.db"));
rows.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
rows.exec("CREATE TABLE blobs (run_id TEXT, name TEXT, bytes BLOB, PRIMARY KEY (run_id, name))");
const insert = rows.prepare("INSERT INTO blobs VALUES (?, ?, ?)");

const rounds = { group: `${COUNT} artifacts of 10 KB`, n: 5, warmup: 1 };
const names = Array.from({ length: COUNT }, (_, at) => `checkpoints/${at}.bin`);

Deno.bench("BLOB rows, one commit each", { ...rounds, baseline: true }, () => {
  const id = crypto.randomUUID();
  for (const name of names) insert.run(id, name, bytes);
});

Deno.bench("BLOB rows, 100 a commit", rounds, () => {
  const id = crypto.randomUUID();
  for (let at = 0; at < COUNT; at += BATCH) {
    rows.exec("BEGIN");
    for (const name of names.slice(at, at + BATCH)) insert.run(id, name, bytes);
    rows.exec("COMMIT");
  }
});

Deno.bench("put, one by one", rounds, async (b) => {
  const { id } = await store.startRun();
  b.start();
  for (const name of names) await store.artifacts.put(id, name, bytes);
  b.end();
});

Deno.bench("put, together", rounds, async (b) => {
  const { id } = await store.startRun();
  b.start();
  await Promise.all(names.map((name) => store.artifacts.put(id, name, bytes)));
  b.end();
});
