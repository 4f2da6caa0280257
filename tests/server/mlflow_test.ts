/**
 * The real MLflow client against the real server. It needs a Python with `mlflow`, which
 * `CHACHAML_MLFLOW_PYTHON` names; `.ci/run` makes one.
 */
import assert from "node:assert/strict";
import { fromFileUrl } from "@std/path";
import { serving } from "../support/serving.ts";
import { openStore, type Store } from "../../mod.ts";
import { inTempDir, openIn } from "../support/helpers.ts";
import { testWithPostgres } from "../support/postgres.ts";

const FLOWS = fromFileUrl(new URL("mlflow_client.py", import.meta.url));

const python = Deno.env.get("CHACHAML_MLFLOW_PYTHON");
const olderPython = Deno.env.get("CHACHAML_MLFLOW2_PYTHON");

/** Flows whose answers depend on the database. */
const ON_POSTGRES = [
  "experiments",
  "fluent",
  "runs",
  "search",
  "artifacts",
  "registry",
  "together",
  "traces",
  "datasets",
  "scorers",
  "prompts",
  "endpoints",
];

/** Runs flows one after the other against one server; gives what went wrong. */
async function run(
  python: string,
  dir: string,
  flows: readonly string[],
  opened: Promise<Store> = openIn(dir),
): Promise<string[]> {
  await using store = await opened;
  const failed: string[] = [];
  await using server = await serving(store, {
    onAnswer: ({ status, path }) => void (status >= 500 && failed.push(`${status} ${path}`)),
  });
  const { stdout, stderr } = await new Deno.Command(python, {
    args: [FLOWS, server.url, ...flows],
    cwd: dir,
    env: { MLFLOW_HTTP_REQUEST_MAX_RETRIES: "1", MLFLOW_DISABLE_TELEMETRY: "true" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  // Later answers count as well.
  await server.end();
  const lines = new TextDecoder().decode(stdout).split("\n").filter((line) => line.startsWith("{"));
  const outcomes = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  const problems = outcomes.filter(({ ok }) => !ok).map(({ flow, error }) => `${flow}: ${error}`);
  if (outcomes.length < flows.length) problems.push(new TextDecoder().decode(stderr).slice(-4000));
  return [...problems, ...failed.filter((line) => !line.startsWith("501"))];
}

function testWithClient(
  name: string,
  python: string | undefined,
  variable: string,
  flows: readonly string[],
): void {
  if (python === undefined) {
    Deno.test.ignore(`${name} (skipped: ${variable} names no Python)`, () => {});
    return;
  }
  Deno.test(
    name,
    () => inTempDir(async (dir) => assert.deepEqual(await run(python, dir, flows), [])),
  );
}

testWithClient(
  "the MLflow 3 client logs, searches, stores artifacts and models, and uses the registry",
  python,
  "CHACHAML_MLFLOW_PYTHON",
  [
    "experiments",
    "fluent",
    "runs",
    "search",
    "artifacts",
    "registry",
    "together",
    "traces",
    "datasets",
    "scorers",
    "prompts",
    "evaluation",
    "unsupported",
    "sklearn",
  ],
);

testWithClient(
  "every path of MLflow's own server is answered, and none by a server error",
  python,
  "CHACHAML_MLFLOW_PYTHON",
  ["endpoints"],
);

if (python !== undefined) {
  testWithPostgres((declare) => {
    declare(
      "the MLflow 3 client works the same on PostgreSQL",
      (server) =>
        inTempDir(async (dir) => {
          const artifactDir = `${dir}/artifacts`;
          const opened = openStore({ path: server.newSchema(), artifactDir });
          assert.deepEqual(await run(python, dir, ON_POSTGRES, opened), []);
        }),
    );
  });
}

testWithClient(
  "the MLflow 2 client logs, searches and stores artifacts",
  olderPython,
  "CHACHAML_MLFLOW2_PYTHON",
  ["experiments", "runs", "search"],
);
