/** No query that answers little reads a table that grows. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { join } from "@std/path";
import { makeLargeStore } from "../../bench/make_large_store.ts";
import { promoteVersion, registerVersion } from "../../src/models/versions.ts";
import { SqliteMetadata } from "../../src/metadata/sqlite/metadata_store.ts";
import { openDatabase } from "../../src/metadata/sqlite/open_database.ts";
import type { MetadataStore } from "../../src/metadata/metadata_store.ts";
import { inTempDir } from "../support/helpers.ts";
import { wrappingDriver } from "../support/wrapping_driver.ts";

/** Tables that grow with what is stored. */
const GROWING = /^SCAN (main\.)?(a|m|n|artifacts|runs|params|tags|metrics|metric_nans|datasets)\b/;

/** Statements that may read all, each with the reason. */
const ALLOWED: readonly RegExp[] = [
  /NOT INDEXED/, // is for the case that no index can be trusted
  /LIMIT 1000\) AS a/, // looks at so many, and not at all
  /id GLOB '\*\[\^ -~\]\*'/, // reads an index of just the ids with letters that few have
  /FROM models m/, // lists the models, which grow by hand
];

/** Calls whose answer is small. */
async function callAll({ runs, artifacts, models }: MetadataStore): Promise<void> {
  const { id } = await runs.start({ id: "new", tags: { a: "b" } }, null);
  await runs.start({ id: "né" }, null);
  await runs.insertParams(id, new Map([["lr", "1"]]));
  await runs.setTags(id, { a: null, b: "c" });
  await runs.logMetrics({
    runId: id,
    keys: ["m", "m"],
    values: [1, NaN],
    steps: [0, 1],
    times: [0, 1],
  });
  await runs.logDataset(id, { rows: 1 });
  await runs.update(id, { status: "failed" });
  await runs.get(id);
  await runs.params(id);
  await runs.metrics(id, "m");
  await runs.metrics(id, undefined);
  await runs.summary(id);
  await runs.datasets(id);
  await runs.known([id]);
  await runs.knownOrRemoved([id]);
  await runs.document(id);
  await runs.describeExperiment("default", { owner: "ana" });
  const limit = 10;
  for (
    const query of [
      {},
      { experiment: "experiment-3" },
      { status: "failed" as const },
      { parentId: "run-00000001" },
      { since: new Date(0) },
      { idPrefix: "run-0000001" },
      { tags: { team: "a" } },
      { tags: { "ho st": "a" } },
      { params: { lr: 1 } },
      { metrics: { m1: { gt: 0 } } },
      { sortBy: { metric: "m1" } },
      { sortBy: { metric: "m1", order: "asc" as const }, status: "failed" as const },
    ]
  ) await runs.list({ ...query, limit });
  const insert = async (name: string) => {
    const artifact = { runId: id, name, contentType: "text/csv", size: 1, hash: "a".repeat(64) };
    const outcome = await artifacts.insert(artifact, () => Promise.resolve());
    assert.ok("inserted" in outcome);
    return outcome.inserted;
  };
  const record = await insert("a");
  await insert("b");
  await artifacts.byId(record.id);
  await artifacts.byName(id, "a");
  await artifacts.checkNames(id, ["a", "c"]);
  for (
    const query of [
      {},
      { name: "checkpoints/0001.bin" },
      { name: "checkpoints/*" },
      { name: "check*/none" },
      { hash: record.hash },
      { contentType: "text/csv" },
      { runId: id },
    ]
  ) await artifacts.list({ ...query, limit });
  for await (const _ of artifacts.each(id)) { /* read */ }
  await artifacts.unnamed(["new/a", "new/x"]);
  await artifacts.removeIfUnnamed(["new/x"], () => Promise.resolve());
  await artifacts.namedByScan(["new/a"]);
  await artifacts.update(
    record,
    { ...record, createdAt: new Date() },
    (key) => Promise.resolve(key),
  );
  await registerVersion(models, "net", { runId: id, artifact: "a", stage: "production" });
  await models.list();
  await models.versions("net");
  await models.find("net", { stage: "production" });
  await promoteVersion(models, "net", 1, "archived");
  await models.remove("net", undefined);
  await artifacts.remove(record.id, false);
  await runs.remove(id, true);
}

Deno.test("no statement of a call with a small answer scans a table that grows", () =>
  inTempDir(async (dir) => {
    const path = join(dir, "t.db");
    await makeLargeStore(path, 5000, 5000);
    const statements = new Set<string>();
    const driver = wrappingDriver((statement, text) => {
      statements.add(text);
      return statement;
    });
    const database = await openDatabase({
      path,
      driver,
      readOnly: false,
      durability: "relaxed",
      busyTimeout: 1000,
    });
    const metadata = new SqliteMetadata(database, driver, Date.now);
    statements.clear();
    await callAll(metadata);
    await metadata.close();
    const sql = new DatabaseSync(path);
    const scans: string[] = [];
    for (const statement of statements) {
      if (!/^\s*(SELECT|INSERT|UPDATE|DELETE|WITH)/.test(statement)) continue;
      if (ALLOWED.some((allowed) => allowed.test(statement))) continue;
      const plan = sql.prepare(`EXPLAIN QUERY PLAN ${statement}`).all()
        .map(({ detail }) => String(detail));
      const sorts = plan.some((step) => /TEMP B-TREE FOR ORDER BY/.test(step));
      // A scan in the order of an index ends with the limit.
      const ends = (step: string) =>
        /USING (COVERING )?INDEX/.test(step) && / LIMIT /.test(statement) && !sorts;
      const scan = plan.find((step) => GROWING.test(step) && !ends(step));
      if (scan) scans.push(`${scan}: ${statement}`);
    }
    sql.close();
    assert.ok(statements.size > 50);
    assert.deepEqual(scans, []);
  }));
