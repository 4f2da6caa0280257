/**
 * Compares servers of the MLflow protocol: chachaml, FastTrackML and MLflow itself, with one client, on one
 * machine. Prints one table: milliseconds of wall time, and of CPU time of the server, for each call.
 *
 *     deno run -A bench/mlflow_servers.ts [--runs 10000] [--big MiB] chachaml=PATH fml=PATH mlflow=PATH
 *
 * `PATH` is a program: `dist/chachaml`, or one of a virtual environment, from `pip install
 * fasttrackml==0.6.0` or `mlflow==3.17.2`. Each call is made by 1 and by 8 connections.
 */
import { HttpClient } from "./http_client.ts";
import { type Server, startServer } from "./server_process.ts";

const API = "/api/2.0/mlflow/";

/** One line of the table: name, and milliseconds of wall and of CPU a call. */
type Result = readonly [name: string, wall: number, cpu: number];

const options = { runs: 10_000, big: 1024 };
const names: string[] = [];
for (let at = 0; at < Deno.args.length; at++) {
  const [name] = Deno.args.slice(at);
  if (name === "--runs") options.runs = Number(Deno.args[++at]);
  else if (name === "--big") options.big = Number(Deno.args[++at]);
  else names.push(name!);
}

/** Measures one server. */
async function measure(server: Server): Promise<Result[]> {
  const results: Result[] = [["start-up", server.startTime, server.cpu()]];
  results.push(["memory at rest, MiB", server.memory(), 0]);
  const client = await HttpClient.connect(server.port);
  const post = async (path: string, json: object, by = client) =>
    JSON.parse(await by.text("POST", API + path, JSON.stringify(json)));
  /** Repeats some work that makes `calls` calls at once. */
  const time = async (
    name: string,
    count: number,
    work: (at: number) => Promise<unknown>,
    calls = 1,
  ) => {
    const [wall, cpu] = [performance.now(), server.cpu()];
    for (let at = 0; at < count; at++) await work(at);
    const all = count * calls;
    results.push([name, (performance.now() - wall) / all, (server.cpu() - cpu) / all]);
    console.error(server.name, ...results.at(-1)!);
  };
  /** Some servers refuse what others can do. */
  const attempt = async (name: string, work: () => Promise<void>) => {
    try {
      await work();
    } catch (error) {
      console.error(server.name, name, (error as Error).message);
    }
  };
  const newRun = async (by = client): Promise<string> =>
    (await post("runs/create", { experiment_id: "0", start_time: Date.now() }, by)).run.info.run_id;
  const point = (key: string, step: number) => ({
    key,
    value: Math.random(),
    timestamp: 1_700_000_000_000 + step,
    step,
  });
  const clients = await Promise.all(
    Array.from({ length: 8 }, () => HttpClient.connect(server.port)),
  );
  const runs = await Promise.all(clients.map((by) => newRun(by)));
  const run = runs[0]!;
  /** Repeats a call by one connection, and then by all at once. */
  const both = async (
    name: string,
    count: number,
    call: (by: HttpClient, run: string, at: number) => Promise<unknown>,
  ) => {
    await time(name, count, (at) => call(client, run, at));
    await time(
      `${name}, 8 connections`,
      Math.ceil(count / 4),
      (at) => Promise.all(clients.map((by, nth) => call(by, runs[nth]!, count + at))),
      clients.length,
    );
  };
  await both("runs/create", 400, (by) => newRun(by));
  await both(
    "log-metric",
    500,
    (by, id, at) => post("runs/log-metric", { run_id: id, ...point("m", at) }, by),
  );
  await both("log-batch of 1,000", 40, (by, id, at) =>
    post("runs/log-batch", {
      run_id: id,
      metrics: Array.from({ length: 1000 }, (_, nth) => point("batch", at * 1000 + nth)),
    }, by));
  await both(
    "history of 500 points",
    60,
    (by) => by.text("GET", `${API}metrics/get-history?run_id=${run}&run_uuid=${run}&metric_key=m`),
  );
  const { experiment_id } = await post("experiments/create", { name: "many" });
  await Promise.all(clients.map(async (by, nth) => {
    for (let at = nth; at < options.runs; at += clients.length) {
      const started = { experiment_id, start_time: 1_700_000_000_000 + at };
      const id = (await post("runs/create", started, by)).run.info.run_id;
      await post("runs/log-batch", {
        run_id: id,
        metrics: Array.from({ length: 5 }, (_, nth) => point(`m${nth}`, 1)),
        params: Array.from({ length: 5 }, (_, nth) => ({ key: `p${nth}`, value: `${at % 100}` })),
        tags: Array.from({ length: 3 }, (_, nth) => ({ key: `t${nth}`, value: `${at % 50}` })),
      }, by);
    }
  }));
  const search = (more: object, by = client) =>
    post("runs/search", { experiment_ids: [experiment_id], max_results: 100, ...more }, by);
  await search({});
  const searches: Record<string, object> = {
    [`first 100 of ${options.runs} runs`]: {},
    "… filtered and ordered by metrics": {
      filter: "metrics.m0 > 0.9",
      order_by: ["metrics.m1 DESC"],
    },
    "… ordered by a metric": { order_by: ["metrics.m1 DESC"] },
    "… filtered by param and tag": { filter: "params.p0 = '7' AND tags.t0 = '7'" },
  };
  for (const [name, sent] of Object.entries(searches)) {
    await both(name, 20, (by) => search(sent, by));
  }
  await attempt("all, in pages", () =>
    time("… all, in pages of 1,000", 1, async () => {
      let page_token: string | undefined;
      do {
        const page = await search({ max_results: 1000, ...page_token && { page_token } });
        page_token = page.next_page_token;
      } while (page_token);
    }));
  const place = server.artifacts(run);
  await attempt("put of 1 kB", () =>
    both(
      "put of 1 kB",
      100,
      (by, id, at) => by.text("PUT", `${server.artifacts(id)}small/${at}`, "x".repeat(1000)),
    ));
  results.push(["memory under load, MiB", server.memory(), 0]);
  if (options.big > 0) {
    const chunk = new Uint8Array(1024 * 1024).map((_, at) => at % 251);
    await attempt("large files", async () => {
      await time(
        `${options.big} MiB up`,
        1,
        () => client.upload(`${place}big`, chunk, options.big),
      );
      await time(`${options.big} MiB down`, 1, () => client.download(`${place}big`));
    });
    results.push(["memory after large files, MiB", server.memory(), 0]);
  }
  for (const open of [client, ...clients]) open.close();
  return results;
}

const columns = new Map<string, Map<string, Result>>();
for (const name of names) {
  const server = await startServer(name);
  try {
    const results = await measure(server);
    columns.set(server.name, new Map(results.map((result) => [result[0], result])));
  } finally {
    await server.stop();
  }
}
const rows = new Set([...columns.values()].flatMap((column) => [...column.keys()]));
const round = (value: number) => value >= 100 ? value.toFixed(0) : value.toPrecision(2);
console.log(`load average: ${Deno.loadavg().map((load) => load.toFixed(1)).join(", ")}`);
console.log(["", ...columns.keys()].join(" | "));
for (const row of rows) {
  const cells = [...columns.values()].map((column) => {
    const result = column.get(row);
    if (!result) return "–";
    return result[2] > 0 ? `${round(result[1])} (${round(result[2])} CPU)` : round(result[1]);
  });
  console.log([row, ...cells].join(" | "));
}
