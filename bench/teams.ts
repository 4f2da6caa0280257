/**
 * Compares a store of PostgreSQL and a bucket with what a team would use otherwise, on the same servers:
 * MLflow's server and client, `rclone` and `aws s3 cp`. Prints one table of seconds and ratios. Not in CI.
 *
 *     I=--import-map=tools/npm_only/import_map.json
 *     deno run -A $I tests/support/with_gateway.ts deno run -A $I tests/support/with_postgres.ts \
 *       deno run -A $I bench/teams.ts --mlflow PYTHON [--runs 1000] [--points 1000000] [--files 2000] [--mib 1024]
 *
 * PYTHON has mlflow, psycopg2 and boto3. Programs that are missing are left out.
 */
import { join } from "@std/path";
import { parseArgs } from "node:util";
import postgres from "npm:postgres@~3.4.9";
import { openStore } from "../mod.ts";
import { makeBucket, placeIn } from "../tests/support/s3.ts";
import { answers } from "./server_process.ts";

const { values } = parseArgs({
  args: Deno.args,
  options: {
    mlflow: { type: "string" },
    runs: { type: "string", default: "1000" },
    points: { type: "string", default: "1000000" },
    files: { type: "string", default: "2000" },
    mib: { type: "string", default: "1024" },
  },
});
const [runs, points, files, mib] = [values.runs, values.points, values.files, values.mib]
  .map(Number) as [number, number, number, number];
const database = Deno.env.get("CHACHAML_TEST_POSTGRES")!;
const endpoint = Deno.env.get("CHACHAML_TEST_S3")!;
const BUCKET = "chachaml-bench";

/** Seconds by contender and piece of work. */
const table = new Map<string, Map<string, number>>();

function note(contender: string, work: string, seconds: number): void {
  const row = table.get(work) ?? new Map();
  table.set(work, row.set(contender, seconds));
  console.error(contender, work, seconds.toFixed(2));
}

async function measure(contender: string, work: string, call: () => Promise<unknown>) {
  const start = performance.now();
  await call();
  note(contender, work, (performance.now() - start) / 1000);
}

/** Runs a program; `undefined` if there is none. */
async function run(
  program: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<string | undefined> {
  // Some builds of rclone do not know what to do with it.
  const { AWS_CA_BUNDLE: _, ...inherited } = Deno.env.toObject();
  const command = new Deno.Command(program, {
    args: [...args],
    env: { ...inherited, ...env },
    clearEnv: true,
    stderr: "piped",
  });
  const output = await command.output().catch(() => undefined);
  if (!output) return undefined;
  if (!output.success) throw new Error(new TextDecoder().decode(output.stderr));
  return new TextDecoder().decode(output.stdout);
}

async function measureStore(directory: string, large: string): Promise<void> {
  await using store = await openStore({
    path: `${database}?currentSchema=bench_${crypto.randomUUID().slice(0, 8)}`,
    artifactDir: placeIn(BUCKET, endpoint),
  });
  const own = "chachaml";
  await measure(own, "runs", async () => {
    for (let at = 0; at < runs; at++) {
      const run = await store.startRun({ id: `r${at}`, environment: false });
      const numbers = [0, 1, 2, 3, 4];
      await run.logParams(Object.fromEntries(numbers.map((n) => [`p${n}`, at])));
      await run.logMetrics(Object.fromEntries(numbers.map((n) => [`m${n}`, at * 7919 % 1000 + n])));
      await run.put("a.txt", "x".repeat(1000));
      await run.end();
    }
  });
  await measure(own, "points", async () => {
    for (let at = 0; at < points; at += 1000) {
      const length = Math.min(1000, points - at);
      const batch = Array.from({ length }, (_, n) => ({
        key: "loss",
        value: 1 / (at + n + 1),
        step: at + n,
      }));
      await store.metrics.logPoints("r0", batch);
    }
  });
  await measure(own, "sort", async () => {
    for (let at = 0; at < 10; at++) {
      await store.runs.list({ sortBy: { metric: "m1", order: "desc" }, limit: 100 });
    }
  });
  await measure(own, "files", () => store.artifacts.putDirectory("r0", directory));
  await measure(own, "up", () => store.artifacts.putFile("r0", "large", large));
  const artifact = await store.artifacts.get("r0", "large");
  await measure(own, "down", () => artifact.saveTo(`${large}.down`));
}

/** Bytes alone, without metadata. */
async function measurePrograms(directory: string, large: string): Promise<void> {
  const remote =
    `:s3,provider=Ceph,env_auth=true,endpoint="${endpoint}",region=us-east-1:${BUCKET}`;
  const id = crypto.randomUUID().slice(0, 8);
  const rclone = (...args: string[]) => run("rclone", ["--config", "/dev/null", ...args]);
  const aws = (...args: string[]) =>
    run("aws", ["--endpoint-url", endpoint, "--region", "us-east-1", "s3", "cp", ...args]);
  if (await rclone("version") !== undefined) {
    const at = `${remote}/rclone-${id}`;
    await measure("rclone", "files", () => rclone("copy", directory, `${at}/files`));
    await measure("rclone", "up", () => rclone("copyto", large, `${at}/large`));
    await measure("rclone", "down", () => rclone("copyto", `${at}/large`, `${large}.rclone`));
  }
  if (await run("aws", ["--version"]) !== undefined) {
    const at = `s3://${BUCKET}/aws-${id}`;
    const quiet = "--only-show-errors";
    await measure("aws s3 cp", "files", () => aws("--recursive", quiet, directory, `${at}/files`));
    await measure("aws s3 cp", "up", () => aws(quiet, large, `${at}/large`));
    await measure("aws s3 cp", "down", () => aws(quiet, `${at}/large`, `${large}.aws`));
  }
}

async function measureMlflow(python: string, directory: string, large: string): Promise<void> {
  const sql = postgres(database, { max: 1, onnotice: () => {} });
  const name = `mlflow_${crypto.randomUUID().slice(0, 8)}`;
  await sql.unsafe(`CREATE DATABASE ${name}`);
  await sql.end();
  const url = new URL(database);
  url.pathname = `/${name}`;
  const uri = url.href.replace(/^\w+:/, "postgresql+psycopg2:");
  const port = 15_000 + Math.floor(Math.random() * 1000);
  const env = { MLFLOW_S3_ENDPOINT_URL: endpoint, AWS_DEFAULT_REGION: "us-east-1" };
  const server = new Deno.Command(python, {
    args: [
      ...["-m", "mlflow", "server", "--host", "127.0.0.1", "--port", String(port)],
      ...["--backend-store-uri", uri, "--artifacts-destination", `s3://${BUCKET}/${name}`],
    ],
    env,
    stdout: "null",
    stderr: "null",
  }).spawn();
  let hasEnded = false;
  const ended = server.status.then(() => void (hasEnded = true));
  try {
    const tracking = `http://127.0.0.1:${port}`;
    for (let tries = 0; tries < 240 && !hasEnded; tries++) {
      if (await answers(port)) break;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    const script = new URL("peers/teams_mlflow.py", import.meta.url).pathname;
    const args = [script, `${runs}`, `${points}`, directory, large];
    const printed = await run(python, args, { ...env, MLFLOW_TRACKING_URI: tracking });
    for (const line of printed!.split("\n")) {
      const [, work, seconds] = /^(\w+) ([\d.]+)$/.exec(line) ?? [];
      if (work) note("MLflow", work, Number(seconds));
    }
  } finally {
    // Its workers end with it.
    if (!hasEnded) server.kill("SIGTERM");
    await ended;
  }
}

const dir = await Deno.makeTempDir({ prefix: "chachaml-bench-" });
try {
  const directory = join(dir, "files");
  await Deno.mkdir(directory);
  const small = crypto.getRandomValues(new Uint8Array(10_000));
  for (let at = 0; at < files; at++) await Deno.writeFile(join(directory, `${at}.bin`), small);
  const large = join(dir, "large.bin");
  {
    using file = await Deno.open(large, { createNew: true, write: true });
    const chunk = crypto.getRandomValues(new Uint8Array(65_536));
    for (let at = 0; at < mib * 16; at++) file.writeSync(chunk);
  }
  await makeBucket(BUCKET);
  await measureStore(directory, large);
  await measurePrograms(directory, large);
  if (values.mlflow !== undefined) await measureMlflow(values.mlflow, directory, large);
  const titles: Record<string, string> = {
    runs: `${runs} runs: 5 params, 5 metrics, 1 KB`,
    points: `${points} points, 1,000 a call`,
    sort: `10 × first 100 of ${runs} runs by a metric`,
    files: `${files} × 10 KB up`,
    up: `${mib} MiB up`,
    down: `${mib} MiB down`,
  };
  const contenders = ["chachaml", "MLflow", "rclone", "aws s3 cp"];
  console.log(`load average: ${Deno.loadavg().map((load) => load.toFixed(1)).join(", ")}`);
  console.log(`| seconds (ratio to chachaml) | ${contenders.join(" | ")} |`);
  for (const [work, row] of table) {
    const base = row.get("chachaml")!;
    const cells = contenders.map((contender) => {
      const seconds = row.get(contender);
      if (seconds === undefined) return "–";
      return `${seconds.toPrecision(3)} (${(seconds / base).toFixed(2)})`;
    });
    console.log(`| ${titles[work]} | ${cells.join(" | ")} |`);
  }
} finally {
  await Deno.remove(dir, { recursive: true });
}
