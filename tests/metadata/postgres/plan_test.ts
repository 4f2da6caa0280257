/** No statement whose answer is small reads a whole table, however large the store is. */
import assert from "node:assert/strict";
import postgres from "npm:postgres@~3.4.9";
import { openPostgres } from "../../../src/metadata/postgres/open.ts";
import { promoteVersion, registerVersion } from "../../../src/models/versions.ts";
import type { MetadataStore } from "../../../src/metadata/metadata_store.ts";
import { testWithPostgres } from "../../support/postgres.ts";

const RUNS = 10_000;

/** Tables that grow with the runs. */
const LARGE = [
  "runs",
  "params",
  "metrics",
  "tags",
  "artifacts",
  "chachaml_known_runs",
  "chachaml_metric_summaries",
  "chachaml_changes",
];

/** Fills a schema as a busy store would. */
async function fill(sql: postgres.Sql): Promise<void> {
  await sql.unsafe(`
    INSERT INTO runs (id, experiment, name, status, start_time, end_time)
      SELECT 'run-' || lpad(n::text, 6, '0'), 'e' || n % 50, 'n' || n,
        (ARRAY['completed', 'failed'])[1 + (n % 2)], n, n + 5 FROM generate_series(1, ${RUNS}) AS n;
    INSERT INTO params (run_id, key, value)
      SELECT id, key, '0.1' FROM runs, unnest(ARRAY['lr', 'depth']) AS key;
    INSERT INTO tags (run_id, key, value) SELECT id, 'owner', 'ana' FROM runs;
    INSERT INTO metrics (run_id, key, value, step, timestamp)
      SELECT id, key, start_time, step, step FROM runs, unnest(ARRAY['loss', 'acc']) AS key,
        generate_series(1, 20) AS step;
    INSERT INTO artifacts (id, run_id, name, path, content_type, size, hash, created_at)
      SELECT md5(id || n), id, 'checkpoints/' || n, id || '/checkpoints/' || n, 'text/csv', 1,
        lpad(to_hex(start_time * 10 + n), 64, '0'), start_time
      FROM runs, generate_series(1, 4) AS n;
    ANALYZE runs; ANALYZE params; ANALYZE tags; ANALYZE metrics; ANALYZE artifacts;
    ANALYZE chachaml_known_runs; ANALYZE chachaml_metric_summaries; ANALYZE chachaml_changes`);
}

/** Calls all whose answers are small. */
async function callAll(metadata: MetadataStore): Promise<void> {
  const { runs, artifacts, models, processes } = metadata;
  const id = "run-001500";
  const before = await (await metadata.changes()).position();
  const page = { limit: 5 };
  await runs.get(id);
  for (
    const query of [
      {},
      { experiment: "e7" },
      { status: "failed" as const },
      { idPrefix: "run-0015" },
      { parentId: id },
      { sortBy: { metric: "loss" } },
      { sortBy: { metric: "loss", order: "asc" as const } },
      { sortBy: { time: "start" as const } },
    ]
  ) await runs.list({ ...query, ...page });
  await runs.params(id);
  await runs.summary(id);
  await runs.columns(id, "loss");
  await runs.metrics(id, "loss");
  await runs.datasets(id);
  await runs.document(id);
  await runs.known([id, "none"]);
  await runs.knownOrRemoved([id, "none"]);
  await runs.insertParams(id, new Map([["new", "1"]]));
  await runs.setTags(id, { note: "x" });
  await runs.logMetrics({ runId: id, keys: ["loss"], values: [1], steps: [21], times: [21] });
  await runs.update(id, { name: "other" });
  await runs.start({ id: "started" }, null);
  await artifacts.insert(
    { runId: id, name: "a", contentType: "text/csv", size: 1, hash: "f".repeat(64) },
    () => Promise.resolve(),
  );
  const record = (await artifacts.byName(id, "a"))!.record;
  await artifacts.byId(record.id);
  await artifacts.checkNames(id, ["a", "c", "checkpoints/9"]);
  for (
    const query of [
      {},
      { name: "checkpoints/1" },
      { hash: record.hash },
      { contentType: "text/csv" },
      { runId: id },
    ]
  ) await artifacts.list({ ...query, ...page });
  for await (const _ of artifacts.each(id)) { /* read */ }
  await artifacts.unnamed([`${id}/a`, `${id}/x`]);
  await artifacts.removeIfUnnamed([`${id}/x`], () => Promise.resolve());
  await artifacts.update(
    record,
    { ...record, createdAt: new Date() },
    (key) => Promise.resolve(key),
  );
  await registerVersion(models, "net", { runId: id, artifact: "a", stage: "production" });
  await promoteVersion(models, "net", 1, "archived");
  await models.list();
  await models.versions("net");
  await models.remove("net", undefined);
  await processes.running();
  await artifacts.remove(record.id, false);
  await runs.remove("started", true);
  const log = await metadata.changes();
  const { changes } = await log.since(before);
  assert.ok(changes.length > 4);
}

testWithPostgres((test) => {
  test("no statement of a call with a small answer scans a table that grows", async (server) => {
    const url = server.newSchema();
    const schema = new URL(url).searchParams.get("currentSchema")!;
    const how = { readOnly: false, durability: "full", busyTimeout: 20_000, poolSize: 2 } as const;
    const metadata = await openPostgres(url, { ...how, now: Date.now });
    const sql = postgres(url.split("?")[0]!, {
      max: 1,
      onnotice: () => {},
      connection: { search_path: `"${schema}"` },
    });
    try {
      await fill(sql);
      const scans = async () => {
        await sql`SELECT pg_stat_clear_snapshot()`;
        const rows = await sql`SELECT relname, seq_scan::int AS scans FROM pg_stat_user_tables
          WHERE schemaname = ${schema} AND relname = ANY(${LARGE})`;
        return Object.fromEntries(rows.map(({ relname, scans }) => [relname, scans]));
      };
      await metadata.close();
      // Of a connection that has ended, the server has counted all.
      const before = await settled(scans);
      const again = await openPostgres(url, { ...how, now: Date.now });
      await callAll(again);
      await again.close();
      assert.deepEqual(await settled(scans), before);
    } finally {
      await sql.end();
    }
  });
});

/** What a call gives once it gives the same twice in a row: a server counts with some delay. */
async function settled<T>(call: () => Promise<T>): Promise<T> {
  for (let last = await call();;) {
    await new Promise((resolve) => setTimeout(resolve, 300));
    const now = await call();
    if (JSON.stringify(now) === JSON.stringify(last)) return now;
    last = now;
  }
}
