/**
 * Makes the database of a large store by SQL, in seconds: `make_large_store.ts PATH [artifacts] [points]`.
 * Artifacts are spread over runs of 50 each, points over the same runs; there are no files.
 */
import { DatabaseSync } from "node:sqlite";
import { openStore } from "@chachaml/store";

/** Artifacts of a run. */
const PER_RUN = 50;

/** Fills the store at a path, which is created. */
export async function makeLargeStore(path: string, artifacts: number, points: number) {
  await (await openStore({ path, driver: "builtin" })).close();
  const database = new DatabaseSync(path);
  const runs = Math.ceil(artifacts / PER_RUN);
  const series = (count: number) =>
    `WITH RECURSIVE n(x) AS (SELECT 0 UNION ALL SELECT x + 1 FROM n WHERE x + 1 < ${count})`;
  const run = (of: string) => `printf('run-%08d', ${of})`;
  database.exec("PRAGMA synchronous = OFF; BEGIN");
  const statements = [
    `INSERT INTO runs (id, experiment, name, status, start_time, end_time, tags)
      ${series(runs)} SELECT ${run("x")}, 'experiment-' || (x % 20), 'run ' || x,
        CASE x % 10 WHEN 0 THEN 'failed' ELSE 'completed' END, 1700000000000 + x * 1000,
        1700000000500 + x * 1000, CASE x % 2 WHEN 0 THEN '{:team "a"}' END FROM n`,
    `INSERT INTO params (run_id, key, value) ${series(runs)}
      SELECT ${run("x")}, 'lr', x % 100 || '.5' FROM n`,
    `INSERT INTO tags (run_id, key, value) ${series(runs)}
      SELECT ${run("x")}, 'host', 'host-' || (x % 7) FROM n`,
    `INSERT INTO artifacts (id, run_id, name, path, content_type, size, hash, created_at)
      ${series(artifacts)} SELECT printf('artifact-%012d', x), ${run(`x / ${PER_RUN}`)},
        printf('checkpoints/%04d.bin', x % ${PER_RUN}),
        ${run(`x / ${PER_RUN}`)} || printf('/checkpoints/%04d.bin', x % ${PER_RUN}),
        CASE x % 3 WHEN 0 THEN 'application/octet-stream' WHEN 1 THEN 'text/csv'
          ELSE 'text/csv; charset=utf-8' END, 1000 + x % 1000, printf('%064x', x),
        1700000000000 + x * 20 FROM n`,
    `INSERT INTO metrics (run_id, key, value, step, timestamp) ${series(points)}
      SELECT ${run(`x % ${runs}`)}, 'm' || (x / ${runs} % 5), (x * 7919 % 10007) / 10007.0,
        x / ${runs} / 5, 1700000000000 + x FROM n`,
  ];
  for (const statement of points === 0 ? statements.slice(0, -1) : statements) {
    database.exec(statement);
  }
  database.exec("COMMIT; PRAGMA wal_checkpoint(TRUNCATE)");
  database.close();
}

if (import.meta.main) {
  const [path = "large.db", artifacts = "1000000", points = "0"] = Deno.args;
  const start = performance.now();
  await makeLargeStore(path, Number(artifacts), Number(points));
  console.log(`${path}: ${((performance.now() - start) / 1000).toFixed(1)} s`);
}
