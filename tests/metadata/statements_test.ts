/**
 * No statement that the SQLite metadata can run reads a table that grows, apart from those listed here.
 * The statements are those that behavior tests prepare, and the literals of the source.
 */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { fromFileUrl, join } from "@std/path";
import { makeLargeStore } from "../../bench/make_large_store.ts";
import { packageFlags } from "../support/children/flags.ts";
import { inTempDir, tree } from "../support/helpers.ts";

/** Tests that together run nearly all statements. */
const TESTS = [
  "contract/metadata_test.ts",
  "metadata/large_read_only_test.ts",
  "metadata/rare_runs_test.ts",
  "metadata/query_plan_test.ts",
  "runs/watch_test.ts",
  "runs/archive_test.ts",
  "runs/dead_runs_test.ts",
  "runs/params_test.ts",
  "runs/query_test.ts",
  "runs/runs_test.ts",
  "artifacts/each_test.ts",
  "metrics/metrics_test.ts",
  "models",
  "metadata/metric_summaries_test.ts",
  "archive/merge_test.ts",
  "maintenance/dedup_test.ts",
  "maintenance/info_test.ts",
  "server/api_read_test.ts",
  "server/api_table_test.ts",
  "server/api_write_test.ts",
  "server/traces_test.ts",
];

/** Whether the statements for MLflow clients are checked as well, which takes minutes. */
const ALL = Deno.env.get("CHACHAML_TEST_PLANS") === "all";

/** Calls whose statements are made at run time, by what the tests above do not do. */
const NOT_RUN: readonly (readonly [site: RegExp, reason: string])[] = [
  ...ALL ? [] : [[/\/mlflow\//, "runs for MLflow clients: set CHACHAML_TEST_PLANS=all"] as const],
  [/create_schema\.ts/, "changes the schema"],
  [/database\.ts|metric_summaries\.ts/, "has the text of another call, or removes all rows"],
  [/previous_snapshot\.ts/, "is for a backup: finds a row by the index of keys"],
  [/process_rows\.ts/, "finds a row by the primary key, once a minute"],
  [/artifact_keys/, "is for a read-only database without the index of keys"],
  [/row_pages/, "reads all rows of a table, by their numbers, for a copy of the store"],
  [/stand_ins\.ts/, "makes temporary tables and views"],
  [/table\/pipelines\.ts/, "reads tables of chachaml, which have no index"],
];

/** Plan steps that scan something that does not grow with the store. */
const SMALL: readonly (readonly [step: RegExp, reason: string])[] = [
  [
    /^SCAN (\(subquery-\d+\)|x$|each_name|each_value|steps|json_each)/,
    "holds what other steps found",
  ],
  [/^SCAN (temp\.|main\.)?(sqlite_master|sqlite_schema|pragma)/, "grows with the schema"],
  [/^SCAN (CONSTANT ROW|\d+-ROW VALUES CLAUSE)/, "is written in the statement"],
  [/^SCAN chachaml_summarized/, "has one row"],
  [/^SCAN chachaml_store/, "has a row for each property of a store"],
  [/^SCAN (e|experiments|mlflow_experiments|tasks)\b/, "grows with the number of experiments"],
  [
    /^SCAN (m|models|mlflow_registered_models|r) USING INDEX sqlite_autoindex_models/,
    "names models",
  ],
  [/^SCAN (pipelines|pipeline_steps)/, "is chachaml's, which has no index"],
  [/^SCAN backup_/, "is in a backup, and has what was not finished"],
];

/** Statements that read all of a table that grows. */
const LINEAR: readonly (readonly [statement: RegExp, reason: string])[] = [
  [/^SELECT (count\(|[^(]+, count\(|coalesce\(sum)/, "counts what it reads"],
  [/count\(\*\) AS (runs|artifacts)/, "counts what it reads"],
  [/NOT INDEXED/, "is for the case that no index can be trusted"],
  [/^\s*WITH all_summaries/, "is for a database that is read-only and has no current summaries"],
  [/^SELECT DISTINCT (key|experiment) AS name/, "is for a database without the index"],
  [/FROM chachaml_stale_runs/, "ends with the first rows"],
  [/LIMIT 1000\) AS a/, "looks at so many, and not at all"],
  [/id GLOB '\*\[\^ -~\]\*'/, "reads an index of just the ids with letters that few have"],
  [/NOT EXISTS\s+\(SELECT 1 FROM artifacts/, "is the check of model versions, by verify"],
  [/LEFT JOIN mlflow_model_versions/, "lists versions of models by conditions of the client"],
  [/t\.key = \?\),\s+CASE WHEN instr\(r\.tags/, "sorts the page by a tag, which is in two places"],
];

interface Recorded {
  readonly sql: string;
  readonly site: string;
}

const ROOT = fromFileUrl(new URL("../../", import.meta.url));

/** Runs the tests with a recorder, and returns what it recorded. */
async function recorded(dir: string): Promise<Recorded[]> {
  const path = join(dir, "statements");
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: [
      "test",
      "--no-prompt",
      "--no-check",
      "-A",
      ...packageFlags(),
      `--preload=${join(ROOT, "tests/support/record_statements.ts")}`,
      ...[...TESTS, ...ALL ? ["server/mlflow_test.ts"] : []].map((test) =>
        join(ROOT, "tests", test)
      ),
    ],
    env: { CHACHAML_TEST_STATEMENTS: path },
    stderr: "null",
  }).output();
  assert.equal(code, 0, new TextDecoder().decode(stdout));
  return (await Deno.readTextFile(path)).trimEnd().split("\n").map((line) => JSON.parse(line));
}

/** A call of `prepare` in the source, with its statement if that is a literal. */
interface Site {
  readonly site: string;
  readonly literal: string | undefined;
}

async function sites(): Promise<Site[]> {
  const found: Site[] = [];
  for (const name of tree(join(ROOT, "src"), "metadata/sqlite")) {
    if (
      !name.endsWith(".ts") || /(_driver|statement_cache|replaceable_connection)\.ts$/.test(name)
    ) continue;
    const source = await Deno.readTextFile(join(ROOT, "src", name));
    for (const { index } of source.matchAll(/\.prepare\(/g)) {
      const line = source.slice(0, index).split("\n").length;
      const [, quote, text] =
        /^\.prepare\(\s*(["`])((?:(?!\1)[\s\S])*)\1/.exec(source.slice(index)) ??
          [];
      const literal = quote === undefined || text!.includes("${") ? undefined : text;
      found.push({ site: `${name}:${line}`, literal });
    }
  }
  return found;
}

/** Returns the steps of a plan that read all of a table that grows. */
function scansOf(database: DatabaseSync, sql: string): string[] {
  const plan = database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all().map(({ detail }) => `${detail}`);
  // Rows with equal first columns may be sorted while the others are not read yet.
  const sorts = plan.some((step) => /TEMP B-TREE FOR (ORDER BY|GROUP BY|DISTINCT)/.test(step));
  const ends = (step: string) =>
    / LIMIT /.test(sql) && !sorts && /USING (COVERING )?INDEX/.test(step);
  return plan.filter((step) =>
    /^SCAN /.test(step) && !ends(step) && !SMALL.some(([small]) => small.test(step))
  );
}

Deno.test("no statement scans a table that grows, except for a reason", () =>
  inTempDir(async (dir) => {
    const path = join(dir, "t.db");
    await makeLargeStore(path, 5000, 5000);
    const [statements, calls] = [await recorded(dir), await sites()];
    const recordedAt = new Set(statements.map(({ site }) => site));
    const own = new Set([
      ...statements.filter(({ site }) => site.startsWith("metadata/sqlite/")).map(({ sql }) => sql),
      ...calls.map(({ literal }) => literal).filter((literal) => literal !== undefined),
    ]);
    const database = new DatabaseSync(path);
    database.exec(
      "CREATE TABLE pipelines (id, created_at, status, name, description, finished_at)",
    );
    const [scans, failures]: [string[], string[]] = [[], []];
    for (const sql of own) {
      if (!/^\s*(SELECT|INSERT|UPDATE|DELETE|WITH|REPLACE)\b/.test(sql)) continue;
      if (/\btemp\./.test(sql)) continue; // Stand-ins of a read-only database.
      try {
        const found = scansOf(database, sql);
        if (found.length === 0) continue;
        if (LINEAR.some(([statement]) => statement.test(sql))) continue;
        scans.push(`${found.join("; ")}: ${sql}`);
      } catch (error) {
        failures.push(`${(error as Error).message}: ${sql}`);
      }
    }
    database.close();
    assert.deepEqual(scans, []);
    assert.deepEqual(failures, []);
    const unseen = calls.filter(({ site, literal }) =>
      literal === undefined && !recordedAt.has(site) && !NOT_RUN.some(([known]) => known.test(site))
    );
    assert.deepEqual(unseen.map(({ site }) => site), []);
  }));
