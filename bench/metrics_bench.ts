/**
 * Metrics: a hundred thousand points logged and read, against rows of a table without any promise
 * about them; a million points reduced for a plot, against the query that reads them.
 */
import { DatabaseSync } from "node:sqlite";
import { join } from "@std/path";
import { openStore } from "@chachaml/store";

const POINTS = 100_000;

async function inTempDir(work: (dir: string) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "chachaml-bench-" });
  try {
    await work(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.bench({
  name: "SQLite rows, one commit in all",
  group: "log 100,000 points",
  baseline: true,
  n: 5,
  warmup: 1,
  fn: async (bench) =>
    await inTempDir((dir) => {
      const database = new DatabaseSync(join(dir, "plain.db"));
      database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
      database.exec(
        "CREATE TABLE points (run TEXT, key TEXT, value REAL, step INTEGER, time INTEGER)",
      );
      database.exec("CREATE INDEX by_run ON points(run)");
      const insert = database.prepare("INSERT INTO points VALUES (?, ?, ?, ?, ?)");
      bench.start();
      database.exec("BEGIN");
      for (let step = 0; step < POINTS; step++) {
        insert.run("run", "loss", 1 / (step + 1), step, Date.now());
      }
      database.exec("COMMIT");
      bench.end();
      database.close();
      return Promise.resolve();
    }),
});

Deno.bench({
  name: "run.log one by one, then flush",
  group: "log 100,000 points",
  n: 5,
  warmup: 1,
  fn: async (bench) =>
    await inTempDir(async (dir) => {
      await using store = await openStore({ path: join(dir, "t.db"), driver: "builtin" });
      const run = await store.startRun({ environment: false });
      bench.start();
      for (let step = 0; step < POINTS; step++) run.log({ loss: 1 / (step + 1) }, { step });
      await run.flush();
      bench.end();
    }),
});

const READS = ["metrics()", "curve()", "curve() of 500 points"] as const;
for (const what of READS) {
  Deno.bench({
    name: what,
    group: "read 100,000 points",
    baseline: what === "metrics()",
    n: 5,
    warmup: 1,
    fn: async (bench) =>
      await inTempDir(async (dir) => {
        await using store = await openStore({ path: join(dir, "t.db"), driver: "builtin" });
        const { id } = await store.startRun({ environment: false });
        const points = Array.from({ length: POINTS }, (_, step) => ({
          key: "loss",
          value: Math.sin(step / 1000),
          step,
        }));
        await store.metrics.logPoints(id, points);
        bench.start();
        if (what === "metrics()") await store.metrics.points(id, "loss");
        else await store.metrics.curve(id, "loss", what === "curve()" ? {} : { points: 500 });
        bench.end();
      }),
  });
}

/** Makes a store in which a run has one metric of many points. */
async function withPoints(dir: string, count: number): Promise<string> {
  const path = join(dir, "t.db");
  const store = await openStore({ path, driver: "builtin" });
  await store.startRun({ id: "run", environment: false });
  await store.close();
  const database = new DatabaseSync(path);
  database.exec(
    `WITH RECURSIVE n(x) AS (SELECT 0 UNION ALL SELECT x + 1 FROM n WHERE x + 1 < ${count})
      INSERT INTO metrics (run_id, key, value, step, timestamp)
      SELECT 'run', 'loss', abs(x % 2000 - 1000) / 1000.0 + x * 7919 % 10007, x, x FROM n`,
  );
  database.close();
  return path;
}

for (const count of [100_000, 1_000_000]) {
  const group = `reduce ${count.toLocaleString("en")} points to 200`;
  const rounds = { group, n: 10, warmup: 2 };
  Deno.bench({
    name: "SELECT value, step, timestamp",
    ...rounds,
    baseline: true,
    fn: async (bench) =>
      await inTempDir(async (dir) => {
        const database = new DatabaseSync(await withPoints(dir, count));
        const select = database.prepare("SELECT value, step, timestamp FROM metrics");
        bench.start();
        select.all();
        bench.end();
        database.close();
      }),
  });
  for (const driver of ["builtin", "ffi"] as const) {
    Deno.bench({
      name: `curve(), ${driver}`,
      ...rounds,
      ignore: driver === "ffi" && !await hasFfi(),
      fn: async (bench) =>
        await inTempDir(async (dir) => {
          await using store = await openStore({ path: await withPoints(dir, count), driver });
          bench.start();
          await store.metrics.curve("run", "loss", { points: 200 });
          bench.end();
        }),
    });
  }
}

/** Whether the driver with the native library can be used here. */
async function hasFfi(): Promise<boolean> {
  return await openStore({ inMemory: true, driver: "ffi" })
    .then((store) => store.close()).then(() => true, () => false);
}
