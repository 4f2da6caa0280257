/** The MLflow protocol in process, without its clients. */
import assert from "node:assert/strict";
import { testOnSqlite } from "../support/helpers.ts";
import { API, PROXY, startRun, status, withServer } from "../support/mlflow_helpers.ts";

Deno.test("a batch that is sent twice is stored once", () =>
  withServer(async (send, store) => {
    const run = await startRun(send);
    const metrics = [
      { key: "loss", value: 0.5, timestamp: 1, step: 1 },
      { key: "loss", value: "NaN", timestamp: 2, step: 2 },
      { key: "loss", value: "-Infinity", timestamp: "3", step: "3" },
    ];
    const json = { run_id: run, metrics, params: [{ key: "lr", value: "0.10" }] };
    for (let tries = 0; tries < 3; tries++) {
      assert.equal(await status(send(`${API}runs/log-batch`, { json })), 200);
    }
    const history = await (await send(`${API}metrics/get-history?run_id=${run}&metric_key=loss`))
      .json();
    assert.deepEqual(history.metrics.map(({ value }: { value: unknown }) => value), [
      0.5,
      "NaN",
      "-Infinity",
    ]);
    assert.deepEqual((await store.metrics.points(run)).map(({ value }) => value), [
      0.5,
      NaN,
      -Infinity,
    ]);
    assert.deepEqual(await store.runs.params(run), { lr: "0.10" });
  }));

testOnSqlite(
  "points that are out of order, or of one step, are all stored, and each once",
  () =>
    withServer(async (send, store) => {
      const run = await startRun(send);
      const points = [[5, 1], [3, 2], [3, 2], [5, 1], [5, 3], [0, 0], [0, 0], [-1, 9]];
      for (const [step, timestamp] of [...points, ...points]) {
        const json = { run_id: run, key: "m", value: step! * 10, timestamp, step };
        assert.equal(await status(send(`${API}runs/log-metric`, { json })), 200);
      }
      assert.deepEqual(
        (await store.metrics.points(run)).map(({ step, timestamp }) => [step, timestamp.getTime()]),
        [[5, 1], [3, 2], [5, 3], [0, 0], [-1, 9]],
      );
    }),
);

Deno.test("bytes are answered as attachments, by ranges, and by their entity tag", () =>
  withServer(async (send, store) => {
    const run = await startRun(send);
    const place = `${PROXY}0/${run}/artifacts/page.html`;
    const put = await send(place, {
      method: "PUT",
      body: "0123456789",
      headers: { "content-type": "text/html" },
    });
    assert.equal(put.status, 200);
    const whole = await send(place);
    assert.equal(await whole.text(), "0123456789");
    assert.match(whole.headers.get("content-disposition")!, /^attachment; filename="page\.html"/);
    assert.equal(whole.headers.get("x-content-type-options"), "nosniff");
    assert.match(whole.headers.get("content-security-policy")!, /sandbox/);
    const { hash } = await store.artifacts.get(run, "page.html");
    assert.equal(whole.headers.get("etag"), `"${hash}"`);
    assert.equal(await status(send(place, { headers: { "if-none-match": `"${hash}"` } })), 304);
    for (
      const [range, expected] of [["bytes=2-4", "234"], ["bytes=7-", "789"], ["bytes=-2", "89"], [
        "bytes=0-99",
        "0123456789",
      ]]
    ) {
      const part = await send(place, { headers: { range: range! } });
      assert.deepEqual([part.status, await part.text()], [206, expected]);
    }
    assert.equal(await status(send(place, { headers: { range: "bytes=10-" } })), 416);
    const head = await send(place, { method: "HEAD" });
    assert.deepEqual([head.status, head.headers.get("content-length"), await head.text()], [
      200,
      "10",
      "",
    ]);
    assert.equal(await status(send(place, { method: "PUT", body: "new" })), 200);
    assert.equal(await (await send(place)).text(), "new");
    assert.equal(await status(send(place, { method: "DELETE" })), 200);
    assert.equal(await status(send(place)), 404);
  }));

Deno.test("runs of the store are runs of the protocol, and the other way round", () =>
  withServer(async (send, store) => {
    const own = await store.startRun({
      experiment: "iris",
      name: "own",
      tags: { owner: "ana" },
      environment: false,
    });
    await own.logParams({ lr: 0.1, opt: "adam", layers: [1, 2] });
    await own.setNote("a note");
    await own.end();
    const experiment =
      (await (await send(`${API}experiments/get-by-name?experiment_name=iris`)).json()).experiment;
    const search = async (filter: string) =>
      (await (await send(`${API}runs/search`, {
        json: { experiment_ids: [experiment.experiment_id], filter },
      })).json()).runs;
    const [run] = await search("params.lr = '0.1' AND tags.owner = 'ana' AND tags.owner LIKE 'a%'");
    assert.equal(run.info.status, "FINISHED");
    assert.deepEqual(
      Object.fromEntries(
        run.data.params.map(({ key, value }: Record<string, string>) => [key, value]),
      ),
      { lr: "0.1", opt: "adam", layers: "[1 2]" },
    );
    const tags = Object.fromEntries(
      run.data.tags.map(({ key, value }: Record<string, string>) => [key, value]),
    );
    assert.equal(tags["mlflow.note.content"], "a note");
    assert.equal(await search("tags.owner = 'bob'"), undefined);
    const id = await startRun(send);
    await send(`${API}runs/delete`, { json: { run_id: id } });
    const stored = await store.runs.get(id);
    assert.equal(stored.status as string, "archived");
    assert.equal(stored.experiment, "default");
  }));

Deno.test("directories are listed and removed one level at a time, without files of logged models", () =>
  withServer(async (send, store) => {
    const run = await startRun(send);
    for (const name of ["a.txt", "plots/x.png", "plots/deep/y.png", "models/own.txt"]) {
      await store.artifacts.put(run, name, "x");
    }
    const list = async (path: string) =>
      ((await (await send(`${API}artifacts/list?run_id=${run}&path=${path}`)).json()).files ?? [])
        .map(({ path, is_dir }: Record<string, unknown>) => is_dir ? `${path}/` : path);
    const proxied = async (path: string) =>
      (await (await send(`${PROXY.slice(0, -1)}?path=0/${run}/artifacts/${path}`)).json()).files
        .map(({ path }: Record<string, unknown>) => path);
    assert.deepEqual(await list(""), ["a.txt", "models/", "plots/"]);
    assert.deepEqual(await list("plots"), ["plots/deep/", "plots/x.png"]);
    assert.deepEqual(await proxied("plots"), ["deep", "x.png"]);
    assert.deepEqual(await list("a.txt"), []);
    const json = { experiment_id: "0", name: "net", source_run_id: run };
    const { model } = await (await send(`${API}logged-models`, { json })).json();
    const place = `${PROXY}0/models/${model.info.model_id}/artifacts/MLmodel`;
    assert.equal(await status(send(place, { method: "PUT", body: "x" })), 200);
    assert.deepEqual(await list("models"), ["models/own.txt"]);
    assert.equal(
      await status(send(`${PROXY}0/${run}/artifacts/models/own.txt`, {
        method: "DELETE",
      })),
      200,
    );
    assert.deepEqual(await list(""), ["a.txt", "plots/"]);
    const directories = `${API}logged-models/${model.info.model_id}/artifacts/directories`;
    assert.deepEqual((await (await send(directories)).json()).files[0].path, "MLmodel");
    const remove = async () =>
      await status(send(`${PROXY}0/${run}/artifacts/plots`, { method: "DELETE" }));
    assert.deepEqual(await Promise.all([remove(), remove()]), [200, 200]);
    assert.deepEqual(await list(""), ["a.txt"]);
  }));

Deno.test("experiments are ordered by a tag", () =>
  withServer(async (send) => {
    for (const [name, value] of [["one", "b"], ["two", "c"], ["three", "a"]]) {
      const tags = [{ key: "team", value }];
      assert.equal(await status(send(`${API}experiments/create`, { json: { name, tags } })), 200);
    }
    const namesBy = async (order: string) => {
      const json = { max_results: 10, order_by: [order], filter: "tags.team != 'none'" };
      const answer = await send(`${API}experiments/search`, { json });
      assert.equal(answer.status, 200, await answer.clone().text());
      const { experiments } = await answer.json();
      return experiments.map(({ name }: { name: string }) => name);
    };
    assert.deepEqual(await namesBy("tags.team"), ["three", "one", "two"]);
    assert.deepEqual(await namesBy("tags.team DESC"), ["two", "one", "three"]);
  }));
