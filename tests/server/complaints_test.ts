/**
 * What people complain of with MLflow's own server, by the numbers of its issues: here it is otherwise.
 * Those that need a server of their own, or a page, are tested elsewhere:
 *
 * | issues                          | complaint                      | test                                |
 * | ------------------------------- | ------------------------------ | ----------------------------------- |
 * | 5332, 25050, 22792              | memory at rest, and creeping   | hard/serve_soak_test.ts             |
 * | 10331, 13447, 6331, 7564, 8539  | large files                    | hard/serve_soak_test.ts, limits     |
 * | 11260, 11927, 5653, 1517        | a page that loads everything   | page/runs_test.ts, api_table_test   |
 * | 8277                            | all values of all runs         | api_table_test.ts: chosen columns   |
 * | 3010, 5269, 1867                | slow logging                   | bench/mlflow_servers.ts             |
 * | 7166, CVE-2023-6909 and others  | paths and addresses            | handler_test.ts, hostile_test.ts    |
 */
import assert from "node:assert/strict";
import {
  API,
  call,
  PROXY,
  type Send,
  startRun,
  status,
  withServer,
} from "../support/mlflow_helpers.ts";
import { parseTokens, signIn } from "../../src/server/sign_in.ts";

async function create(send: Send, name: string) {
  return await call(send, "experiments/create", { name });
}

Deno.test("a deleted experiment's name says how to use it again, and is free once it is purged (2651, 6445)", () =>
  withServer(async (send, store) => {
    const { experiment_id } = (await create(send, "iris")).body;
    const { run } = (await call(send, "runs/create", { experiment_id })).body;
    const child = [{ key: "mlflow.parentRunId", value: run.info.run_id }];
    await call(send, "runs/create", { experiment_id, tags: child });
    const place = `${PROXY}${experiment_id}/${run.info.run_id}/artifacts/a`;
    assert.equal(await status(send(place, { method: "PUT", body: "x" })), 200);
    assert.equal((await call(send, "experiments/purge", { experiment_id })).status, 400);
    await call(send, "experiments/delete", { experiment_id });
    const again = await create(send, "iris");
    assert.deepEqual([again.status, again.body.error_code], [400, "RESOURCE_ALREADY_EXISTS"]);
    assert.match(again.body.message, /restore .* purge/);
    const purged = await call(send, "experiments/purge", { experiment_id });
    assert.equal(purged.body.removed_run_ids.length, 2);
    assert.deepEqual(await store.runs.list({ archived: "include" }), []);
    assert.equal((await create(send, "iris")).status, 200);
  }));

Deno.test("a purged run is gone with its files, also where some were missing (602, 12005, 13188)", () =>
  withServer(async (send, store) => {
    const run = await startRun(send);
    for (const name of ["a", "b"]) await store.artifacts.put(run, name, "x");
    await Deno.remove(`${store.artifactDir}/${run}/a`);
    assert.equal((await call(send, "runs/purge", { run_id: run })).status, 400);
    await call(send, "runs/delete", { run_id: run });
    const { body } = await call(send, "runs/purge", { run_id: run });
    assert.deepEqual(body, { removed_run_ids: [run] });
    assert.equal(await status(send(`${API}runs/get?run_id=${run}`)), 404);
    assert.deepEqual(
      [...Deno.readDirSync(store.artifactDir!)].filter(({ name }) => name === run),
      [],
    );
  }));

Deno.test("only an admin purges", () =>
  withServer(async (send) => {
    const as = (token: string, path: string) =>
      status(send(API + path, {
        json: { experiment_id: "7", run_id: "x" },
        headers: { authorization: `Bearer ${token}` },
      }));
    for (const path of ["experiments/purge", "runs/purge"]) {
      assert.equal(await as("w", path), 403);
      assert.equal(await as("a", path), 404);
    }
  }, { authenticate: signIn(parseTokens("w writer\na admin\n"), []) }));

Deno.test("the default experiment cannot be deleted (2690)", () =>
  withServer(async (send) => {
    assert.equal((await call(send, "experiments/delete", { experiment_id: "0" })).status, 400);
    assert.equal((await call(send, "experiments/purge", { experiment_id: "0" })).status, 400);
    assert.ok(await startRun(send));
  }));

Deno.test("parallel writers of one run do not lock each other out (4353), in memory too (12783)", () =>
  withServer(async (send, store) => {
    const run = await startRun(send);
    const batch = (at: number) =>
      call(send, "runs/log-batch", {
        run_id: run,
        metrics: Array.from({ length: 50 }, (_, step) => ({
          key: `m${at % 4}`,
          value: at,
          timestamp: at,
          step,
        })),
        params: [{ key: `p${at}`, value: "1" }],
        tags: [{ key: "t", value: String(at) }],
      });
    const answers = await Promise.all(Array.from({ length: 64 }, (_, at) => batch(at)));
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]));
    assert.equal((await store.metrics.points(run)).length, 64 * 50);
    assert.equal(Object.keys(await store.runs.params(run)).length, 64);
  }));

Deno.test("a batch that is sent again behind a long history adds nothing (24577)", () =>
  withServer(async (send, store) => {
    const run = await startRun(send);
    const batch = (from: number) => ({
      run_id: run,
      metrics: Array.from({ length: 1000 }, (_, at) => ({
        key: "loss",
        value: 1,
        timestamp: from + at,
        step: from + at,
      })),
    });
    for (let from = 0; from < 5000; from += 1000) await call(send, "runs/log-batch", batch(from));
    assert.equal((await call(send, "runs/log-batch", batch(4000))).status, 200);
    assert.equal((await store.metrics.points(run)).length, 5000);
  }));

Deno.test("a host with a port is the host that was allowed, and a refusal names the option (22095)", () =>
  withServer(async (send) => {
    const host = (host: string) =>
      send(`${API}experiments/get?experiment_id=0`, { headers: { host } });
    assert.equal(await status(host("ml.example:8443")), 200);
    const refused = await host("other.example:8443");
    assert.equal(refused.status, 403);
    assert.match(await refused.text(), /other\.example.*--allow-host/s);
  }, { hosts: ["ml.example"] }));

Deno.test("an address of another host or of a file is no source (24179, CVE-2023-6909, CVE-2024-1483)", () =>
  withServer(async (send) => {
    await call(send, "registered-models/create", { name: "net" });
    const run = await startRun(send);
    for (
      const source of [
        "http://169.254.169.254/latest",
        "https://evil.example/m",
        "file:///etc/passwd",
        "//proc/self/root",
        "s3://bucket/key",
        "mlflow-artifacts:/../../etc",
        "mlflow-artifacts://evil.example/0/x",
        `runs:/${run}/../../x`,
        `runs:/${run}/a#b`,
        `runs:/${run}/a?b`,
        `runs:/${run}/a;b`,
        `mlflow-artifacts:/0/${run}/artifacts/%2e%2e/x`,
      ]
    ) {
      const { status } = await call(send, "model-versions/create", { name: "net", source });
      assert.equal(status, 400, source);
      const experiment = { name: source, artifact_location: source };
      if (source.startsWith("runs:")) continue;
      assert.equal((await call(send, "experiments/create", experiment)).status, 400, source);
    }
  }));
