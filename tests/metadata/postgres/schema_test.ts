/** Tables in PostgreSQL: created once, shared with chachaml, and left alone where they are another's. */
import assert from "node:assert/strict";
import {
  InvalidOptionError,
  NewerFormatError,
  NotAStoreError,
  openStore,
  StorageError,
  StoreNotFoundError,
} from "../../../mod.ts";
import { openPostgres } from "../../../src/metadata/postgres/open.ts";
import { inTempDir } from "../../support/helpers.ts";
import { testWithPostgres, withSql } from "../../support/postgres.ts";

const HOW = { readOnly: false, durability: "full", busyTimeout: 20_000, poolSize: 2 } as const;

/** Tables as chachaml 0.7.0 makes them, with integers of 32 bits. */
const CHACHAML = `
  CREATE TABLE runs (id text PRIMARY KEY, experiment text NOT NULL DEFAULT 'default', name text,
    status text NOT NULL, start_time bigint NOT NULL, end_time bigint, error text, tags text, env text,
    parent_run_id text, created_by text);
  CREATE TABLE params (run_id text NOT NULL, key text NOT NULL, value text NOT NULL,
    PRIMARY KEY (run_id, key));
  CREATE TABLE metrics (run_id text NOT NULL, key text NOT NULL, value double precision NOT NULL,
    step integer NOT NULL DEFAULT 0, timestamp bigint NOT NULL);
  CREATE INDEX idx_metrics_run ON metrics (run_id);
  CREATE TABLE tags (run_id text NOT NULL, key text NOT NULL, value text NOT NULL,
    PRIMARY KEY (run_id, key));
  CREATE TABLE artifacts (id text PRIMARY KEY, run_id text NOT NULL, name text NOT NULL,
    path text NOT NULL, content_type text, size integer, hash text, created_at bigint NOT NULL);
  CREATE UNIQUE INDEX idx_artifacts_run_name ON artifacts (run_id, name);
  INSERT INTO runs (id, status, start_time, end_time, tags)
    VALUES ('theirs', 'completed', 1, 2, '{:owner "ana"}');
  INSERT INTO params VALUES ('theirs', 'lr', '0.1');
  INSERT INTO metrics VALUES ('theirs', 'loss', 0.5, 1, 10), ('theirs', 'loss', 'NaN', 2, 11),
    ('theirs', 'loss', 0.25, 3, 12)`;

testWithPostgres((test) => {
  test("eight that open an empty schema at once create its tables once", async (server) => {
    const url = server.newSchema();
    const opened = await Promise.all(
      Array.from({ length: 8 }, () => openPostgres(url, { ...HOW, now: Date.now })),
    );
    const ids = await Promise.all(opened.map((metadata) => metadata.identity()));
    assert.equal(new Set(ids).size, 1);
    await Promise.all(opened.map((metadata, at) => metadata.runs.start({ id: `r${at}` }, null)));
    assert.deepEqual((await opened[0]!.runs.counts()).byStatus, { running: 8 });
    for (const metadata of opened) await metadata.close();
  });

  test("a database of chachaml is shared, and its narrow columns are widened", (server) =>
    inTempDir(async (dir) => {
      const url = server.newSchema();
      await withSql(url, (sql) => sql.unsafe(CHACHAML));
      await using store = await openStore({ path: url, artifactDir: dir });
      const run = await store.runs.get("theirs");
      assert.deepEqual([run.tags.owner, run.status], ["ana", "completed"]);
      assert.deepEqual(await store.metrics.summary("theirs"), [
        { key: "loss", count: 3, last: 0.25, step: 3, min: 0.25, max: 0.5 },
      ]);
      await store.startRun({ id: "ours" });
      const large = 2 ** 40;
      await store.metrics.logPoints("ours", [{ key: "loss", value: NaN, step: large }]);
      const [point] = await store.metrics.points("ours", "loss");
      assert.deepEqual([point!.value, point!.step], [NaN, large]);
      // chachaml knows nothing of our tables: triggers keep them.
      await withSql(url, async (sql) => {
        await sql`INSERT INTO runs (id, status, start_time) VALUES ('more', 'running', 3)`;
        await sql`INSERT INTO metrics (run_id, key, value, timestamp) VALUES ('more', 'loss', 7, 1)`;
        await sql`UPDATE metrics SET value = 9 WHERE run_id = 'theirs' AND step = 3`;
        await sql`DELETE FROM metrics WHERE run_id = 'theirs' AND step = 1`;
      });
      assert.equal((await store.metrics.summary("more"))[0]!.last, 7);
      const [summary] = await store.metrics.summary("theirs");
      assert.deepEqual([summary!.count, summary!.last, summary!.min], [2, 9, 9]);
      const best = await store.runs.list({ sortBy: { metric: "loss" }, limit: 2 });
      assert.deepEqual(best.map(({ id }) => id), ["theirs", "more"]);
      await withSql(url, async (sql) => {
        await sql`DELETE FROM metrics WHERE run_id = 'more'`;
        await sql`DELETE FROM runs WHERE id = 'more'`;
        const left = await sql`SELECT 1 FROM chachaml_metric_summaries WHERE run_id = 'more'`;
        assert.equal(left.length, 0);
      });
    }));

  test("tables of another program are refused, and not touched", async (server) => {
    const url = server.newSchema();
    await withSql(url, (sql) => sql`CREATE TABLE runs (run_uuid text PRIMARY KEY)`);
    await assert.rejects(
      openPostgres(url, { ...HOW, now: Date.now }),
      (error: Error) => error instanceof NotAStoreError && /currentSchema/.test(error.message),
    );
    await withSql(url, async (sql) => {
      const tables = await sql`SELECT tablename FROM pg_tables WHERE schemaname = current_schema()`;
      assert.deepEqual(tables.map(({ tablename }) => tablename), ["runs"]);
    });
  });

  test("a store that is not there is not created unless that is wanted", async (server) => {
    const url = server.newSchema();
    for (const how of [{ readOnly: true }, { create: false }]) {
      await assert.rejects(
        openPostgres(url, { ...HOW, ...how, now: Date.now }),
        StoreNotFoundError,
      );
    }
  });

  test("a newer format is read, and not written to", async (server) => {
    const url = server.newSchema();
    const metadata = await openPostgres(url, { ...HOW, now: Date.now });
    await metadata.runs.start({ id: "r" }, null);
    await metadata.close();
    await withSql(url, (sql) => sql`UPDATE chachaml_store SET value = '9' WHERE key = 'format'`);
    await assert.rejects(openPostgres(url, { ...HOW, now: Date.now }), NewerFormatError);
    const reader = await openPostgres(url, { ...HOW, readOnly: true, now: Date.now });
    assert.equal((await reader.runs.get("r")).id, "r");
    await reader.close();
  });

  test("a role without the right to create tables works on those that are there", async (server) => {
    const url = server.newSchema();
    const owner = await openPostgres(url, { ...HOW, now: Date.now });
    const schema = new URL(url).searchParams.get("currentSchema")!;
    const [writer, reader] = ["writer", "reader"].map((name) => `${name}_${schema}`.slice(0, 60));
    await withSql(url, async (sql) => {
      for (const role of [writer, reader]) {
        await sql.unsafe(`CREATE ROLE "${role}" LOGIN PASSWORD 'secret'`);
        await sql.unsafe(`GRANT USAGE ON SCHEMA "${schema}" TO "${role}"`);
        const rights = role === writer ? "SELECT, INSERT, UPDATE, DELETE" : "SELECT";
        await sql.unsafe(`GRANT ${rights} ON ALL TABLES IN SCHEMA "${schema}" TO "${role}"`);
      }
    });
    const as = (role: string) => {
      const other = new URL(url);
      [other.username, other.password] = [role, "secret"];
      return other.href;
    };
    const metadata = await openPostgres(as(writer!), { ...HOW, now: Date.now });
    await metadata.runs.start({ id: "r" }, null);
    await metadata.runs.logMetrics({
      runId: "r",
      keys: ["a"],
      values: [1],
      steps: [0],
      times: [1],
    });
    assert.equal((await metadata.runs.summary("r"))[0]!.last, 1);
    await metadata.runs.remove("r", false);
    await metadata.close();
    const read = await openPostgres(as(reader!), { ...HOW, readOnly: true, now: Date.now });
    assert.deepEqual(await read.runs.list({}), []);
    await assert.rejects(
      read.runs.start({}, null),
      (error: Error) =>
        error instanceof StorageError && /may not do that.*GRANT/.test(error.message),
    );
    await read.close();
    const nothing = new URL(as(writer!));
    nothing.searchParams.set("currentSchema", `${schema}_none`);
    await assert.rejects(
      openPostgres(nothing.href, { ...HOW, now: Date.now }),
      (error: Error) => error instanceof StorageError && /GRANT/.test(error.message),
    );
    await owner.close();
  });

  test("text that PostgreSQL does not keep is refused, and nothing is stored", (server) =>
    inTempDir(async (dir) => {
      await using store = await openStore({ path: server.newSchema(), artifactDir: dir });
      const run = await store.startRun({ id: "r" });
      for (const text of ["a\0b", "half \ud800"]) {
        await assert.rejects(run.setTags({ [text]: "x" }), InvalidOptionError);
        await assert.rejects(store.startRun({ name: text }), InvalidOptionError);
      }
      assert.equal((await store.runs.list({})).length, 1);
    }));

  test("numbers come back as they were: NaN, infinities, -0 and large steps", (server) =>
    inTempDir(async (dir) => {
      await using store = await openStore({ path: server.newSchema(), artifactDir: dir });
      await store.startRun({ id: "r" });
      const values = [NaN, Infinity, -Infinity, -0, 5e-324, 1.7976931348623157e308, 0.1 + 0.2];
      await store.metrics.logPoints(
        "r",
        values.map((value, at) => ({ key: "m", value, step: Number.MAX_SAFE_INTEGER - at })),
      );
      const points = await store.metrics.points("r", "m");
      assert.deepEqual(points.map(({ value }) => value), values);
      assert.deepEqual(
        points.map(({ step }) => step),
        values.map((_, at) => Number.MAX_SAFE_INTEGER - at),
      );
      const { last, min, max, count } = (await store.metrics.summary("r"))[0]!;
      assert.deepEqual([last, min, max, count], [NaN, -Infinity, Infinity, 7]);
    }));

  test("a directory belongs to one store on a server", (server) =>
    inTempDir(async (dir) => {
      const [url, other] = [server.newSchema(), server.newSchema()];
      await (await openStore({ path: url, artifactDir: dir })).close();
      await (await openStore({ path: url, artifactDir: dir })).close();
      for (const path of [other, `${dir}.db`]) {
        await assert.rejects(
          openStore({ path, artifactDir: dir }),
          /belongs to a store on a database server/,
        );
      }
      await (await openStore({ path: other, artifactDir: dir, adoptDirectory: true })).close();
      await Deno.remove(`${dir}.db`).catch(() => {});
    }));
});
