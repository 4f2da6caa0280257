/** Changes that are only special in PostgreSQL: slow transactions, other programs, other servers. */
import assert from "node:assert/strict";
import { openStore } from "../../../mod.ts";
import { openPostgres } from "../../../src/metadata/postgres/open.ts";
import { inTempDir } from "../../support/helpers.ts";
import { testWithPostgres, withSql } from "../../support/postgres.ts";

const HOW = {
  readOnly: false,
  durability: "full",
  busyTimeout: 20_000,
  poolSize: 2,
  now: Date.now,
} as const;

testWithPostgres((test) => {
  test("a transaction that ends after later ones is in the change log", async (server) => {
    const url = server.newSchema();
    const metadata = await openPostgres(url, HOW);
    try {
      const log = await metadata.changes();
      await metadata.runs.start({ id: "r" }, null);
      await withSql(url, async (sql) => {
        const [begun, ending] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
        const slow = sql.begin(async (sql) => {
          await sql`INSERT INTO tags (run_id, key, value) VALUES ('r', 'slow', '1')`;
          begun.resolve();
          await ending.promise;
        });
        await begun.promise;
        await metadata.runs.setTags("r", { quick: "1" });
        await metadata.runs.start({ id: "s" }, null);
        const { changes, position } = await log.since([0]);
        assert.deepEqual(changes, [{ kind: "run", runId: "r" }, { kind: "run", runId: "s" }]);
        assert.deepEqual(await log.since(position), { changes: [], position, more: false });
        // A change of the same subject must not hide the one of the slow transaction.
        await metadata.runs.setTags("r", { quick: "2" });
        const between = await log.since(position);
        assert.deepEqual(between.changes, [{ kind: "run", runId: "r" }]);
        ending.resolve();
        await slow;
        const after = await log.since(between.position);
        assert.deepEqual(after.changes, [{ kind: "run", runId: "r" }]);
        assert.deepEqual(await log.since(after.position), { ...after, changes: [] });
      });
    } finally {
      await metadata.close();
    }
  });

  test("a run that is changed often has few rows in the change log", async (server) => {
    const url = server.newSchema();
    const metadata = await openPostgres(url, HOW);
    try {
      await metadata.runs.start({ id: "r" }, null);
      for (let at = 0; at < 50; at++) {
        await metadata.runs.setTags("r", { at: String(at) });
        await metadata.runs.logMetrics({
          runId: "r",
          keys: ["loss"],
          values: [1],
          steps: [at],
          times: [1],
        });
      }
      await withSql(url, async (sql) => {
        // Another database of the server may delay the removal of a row.
        const [row] = await sql`SELECT count(*)::int AS rows FROM chachaml_changes`;
        assert.ok(row!.rows < 20, `${row!.rows} rows`);
      });
      await metadata.runs.remove("r", false);
      const { changes } = await (await metadata.changes()).since([0]);
      assert.equal(changes.at(-1)!.kind, "removed");
    } finally {
      await metadata.close();
    }
  });

  test("writers of one run do not wait for each other's notes", async (server) => {
    const url = server.newSchema();
    const metadata = await openPostgres(url, HOW);
    try {
      await metadata.runs.start({ id: "r" }, null);
      await metadata.runs.setTags("r", { a: "1" });
      await withSql(url, (sql) =>
        sql.begin(async (sql) => {
          await sql`INSERT INTO params (run_id, key, value) VALUES ('r', 'x', '1')`;
          const artifact = {
            runId: "r",
            name: "a",
            contentType: null,
            size: 1,
            hash: "a".repeat(64),
          };
          await metadata.runs.setTags("r", { a: "2" });
          await metadata.artifacts.insert(artifact, () => Promise.resolve());
        }));
    } finally {
      await metadata.close();
    }
  });

  test("a position of another server, as after a restore, reports everything", async (server) => {
    const url = server.newSchema();
    const metadata = await openPostgres(url, HOW);
    try {
      await metadata.runs.start({ id: "r" }, null);
      const log = await metadata.changes();
      const { changes, position } = await log.since([2 ** 45, 2 ** 44]);
      assert.deepEqual(changes, [{ kind: "run", runId: "r" }]);
      // Rows of the other server are not reported over and over.
      await withSql(
        url,
        (sql) =>
          sql`INSERT INTO chachaml_changes (subject, kind, xid) VALUES ('r', 'run', ${2 ** 45})`,
      );
      const after = await log.since(position);
      assert.deepEqual(after.changes, []);
      assert.deepEqual((await log.since(after.position)).changes, []);
    } finally {
      await metadata.close();
    }
  });

  test("what chachaml writes, statement by statement, is seen within a second", (server) =>
    inTempDir(async (dir) => {
      const url = server.newSchema();
      await using store = await openStore({ path: url, artifactDir: dir });
      const seen: string[] = [];
      const delays: number[] = [];
      await withSql(url, async (sql) => {
        const statements = [
          "INSERT INTO runs (id, status, start_time) VALUES ('x', 'running', 1)",
          "INSERT INTO metrics (run_id, key, value, step, timestamp) VALUES ('x', 'a', 1, 7, 1)",
          "INSERT INTO artifacts (id, run_id, name, path, created_at) VALUES ('i', 'x', 'n', 'x/n', 1)",
          "UPDATE runs SET status = 'completed', end_time = 2 WHERE id = 'x'",
          "DELETE FROM artifacts WHERE run_id = 'x'",
          "DELETE FROM runs WHERE id = 'x'",
        ];
        let sent = 0;
        const send = async () => {
          const statement = statements.shift();
          if (statement) await sql.unsafe(statement);
          sent = performance.now();
        };
        const ending = new AbortController();
        const watching = store.watch({ after: "0", signal: ending.signal });
        await send();
        for await (const event of watching) {
          seen.push(event.kind);
          delays.push(performance.now() - sent);
          if (event.kind === "metrics") {
            assert.deepEqual(event.values, [{ key: "a", value: 1, step: 7 }]);
          }
          if (event.kind === "removed") ending.abort();
          else await send();
        }
      });
      assert.deepEqual(seen, ["run", "metrics", "artifact", "run", "artifact", "removed"]);
      console.log(`seen after ${Math.max(...delays).toFixed()} ms at most`);
    }));

  test("a store of the version before is brought up to date", async (server) => {
    const url = server.newSchema();
    await (await openPostgres(url, HOW)).close();
    await withSql(url, async (sql) => {
      await sql`DROP TABLE chachaml_changes CASCADE`;
      await sql`ALTER TABLE chachaml_metric_summaries DROP COLUMN changed`;
      await sql`DROP FUNCTION chachaml_note_tags CASCADE`;
      await sql`UPDATE chachaml_store SET value = '1' WHERE key = 'postgres'`;
    });
    const metadata = await openPostgres(url, HOW);
    try {
      await metadata.runs.start({ id: "r" }, null);
      await metadata.runs.setTags("r", { a: "1" });
      const { changes } = await (await metadata.changes()).since([0]);
      assert.deepEqual(changes, [{ kind: "run", runId: "r" }]);
    } finally {
      await metadata.close();
    }
  });
});
