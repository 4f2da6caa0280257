/**
 * trackio's calls, and the real trackio client against the real server. It needs a Python with
 * `trackio`, which `CHACHAML_TRACKIO_PYTHON` names; `.ci/run` makes one.
 */
import assert from "node:assert/strict";
import { fromFileUrl, join } from "@std/path";
import { openStore, type Store } from "../../mod.ts";
import { serving } from "../support/serving.ts";
import { parseTokens, signIn } from "../../src/server/sign_in.ts";
import { inTempDir, sha256, someBytes } from "../support/helpers.ts";
import { type Send, status, withServer } from "../support/mlflow_helpers.ts";

const TOKEN = { "x-trackio-write-token": "t" };

async function trackio(send: Send, name: string, kwargs: object, headers = TOKEN) {
  const answer = await send(`/api/${name}`, { json: { args: [], kwargs }, headers });
  return { status: answer.status, body: await answer.json() };
}

async function upload(send: Send, bytes: Uint8Array<ArrayBuffer>, name = "w.bin"): Promise<string> {
  const form = new FormData();
  form.append("files", new Blob([bytes]), name);
  const answer = await send("/api/upload", { body: form, method: "POST", headers: TOKEN });
  return (await answer.json()).paths[0];
}

const ENTRY = { project: "p", run: "first", run_id: "0123456789abcdef" };

const RUN = ENTRY.run_id;

Deno.test("an entry of a trackio client is stored once, however often it is sent", () =>
  withServer(async (send, store) => {
    const entry = {
      ...ENTRY,
      step: 3,
      log_id: "a1",
      config: { lr: 0.1, _Username: "ana" },
      metrics: { loss: 0.5, bad: "NaN", val: { acc: 1 }, ok: true, note: "text" },
    };
    for (let times = 0; times < 2; times++) {
      const { body } = await trackio(send, "bulk_log", { logs: [entry, entry], hf_token: null });
      assert.deepEqual(body, { data: null });
    }
    const points = await store.metrics.points(RUN);
    assert.deepEqual(
      points.map(({ key, value, step }) => [key, value, step]).sort(),
      [["bad", NaN, 3], ["loss", 0.5, 3], ["ok", 1, 3], ["val/acc", 1, 3]],
    );
    assert.deepEqual(await store.runs.params(RUN), { lr: 0.1 });
    const { experiment, name, status, tags } = await store.runs.get(RUN);
    assert.deepEqual([experiment, name, status], ["p", "first", "completed"]);
    assert.equal(tags["trackio.username"], "ana");
    const values = await store.artifacts.get(RUN, "trackio/values/a1.json");
    assert.deepEqual(JSON.parse(await values.text()), { step: 3, values: { note: "text" } });
    const { data } = (await trackio(send, "get_run_summary", { project: "p", run_id: RUN })).body;
    assert.equal(data.last_step, 3);
    const runs = (await trackio(send, "get_runs_for_project", { project: "p" })).body.data;
    assert.deepEqual(runs.map(({ id, name }: Record<string, string>) => [id, name]), [
      [RUN, "first"],
    ]);
  }));

Deno.test("entries without steps and runs without ids go on where they were", () =>
  withServer(async (send, store) => {
    const logs = [{ project: "p", run: "x", metrics: { a: 1 } }, {
      project: "p",
      run: "x",
      metrics: { a: 2 },
    }];
    await trackio(send, "bulk_log", { logs });
    await trackio(send, "bulk_log", { logs: logs.slice(1) });
    const [run, ...others] = await store.runs.list();
    assert.deepEqual(others, []);
    assert.deepEqual(
      (await store.metrics.points(run!.id)).map(({ value, step }) => [value, step]),
      [[1, 0], [2, 1], [2, 2]],
    );
  }));

Deno.test("files of a trackio artifact are stored by their hashes, and found again", () =>
  withServer(async (send, store) => {
    const bytes = someBytes(300_000);
    const digest = await sha256(bytes);
    const wanted = { project: "p", digests: [digest], hf_token: null };
    const present = async () =>
      (await trackio(send, "check_artifact_blobs", wanted)).body.data.present;
    assert.deepEqual(await present(), []);
    const path = await upload(send, bytes);
    const uploads = [{ project: "p", digest, uploaded_file: { path } }];
    assert.equal((await trackio(send, "bulk_upload_artifact_blob", { uploads })).status, 200);
    const wrong = [{ project: "p", digest: "0".repeat(64), uploaded_file: { path } }];
    assert.equal(
      (await trackio(send, "bulk_upload_artifact_blob", { uploads: wrong })).status,
      400,
    );
    assert.deepEqual(await present(), [digest]);
    const artifact = {
      project: "p",
      name: "net",
      type: "model",
      manifest: [{ path: "sub/w.bin", digest, size: bytes.length }],
      run_name: "first",
      run_id: RUN,
    };
    for (const version of [0, 0]) {
      const { data } = (await trackio(send, "artifact_log", artifact)).body;
      assert.equal(data.version, version);
      assert.equal(data.manifest[0].path, "sub/w.bin");
    }
    const stored = await store.artifacts.get(RUN, "artifacts/net/v0/sub/w.bin");
    assert.equal(stored.hash, digest);
    const other = { ...artifact, manifest: [{ ...artifact.manifest[0], path: "b" }] };
    assert.equal((await trackio(send, "artifact_log", other)).body.data.version, 1);
    const unknown = { ...artifact, manifest: [{ path: "a", digest: "0".repeat(64), size: 1 }] };
    assert.match((await trackio(send, "artifact_log", unknown)).body.error, /blobs not on server/);
  }));

Deno.test("media and alerts of a trackio client become artifacts", () =>
  withServer(async (send, store) => {
    const path = await upload(send, Uint8Array.of(1, 2, 3), "x.png");
    const uploads = [{
      ...ENTRY,
      step: 2,
      relative_path: null,
      uploaded_file: { path, orig_name: "x.png" },
    }];
    assert.equal((await trackio(send, "bulk_upload_media", { uploads })).status, 200);
    assert.equal((await trackio(send, "bulk_upload_media", { uploads })).status, 400);
    assert.equal((await store.artifacts.get(RUN, "media/2/x.png")).size, 3);
    const alerts = [{ ...ENTRY, title: "t", text: null, level: "warn", alert_id: "b2" }];
    assert.equal((await trackio(send, "bulk_alert", { alerts })).status, 200);
    assert.ok(await store.artifacts.has(RUN, "trackio/alerts/b2.json"));
  }));

Deno.test("what a trackio client must not send is refused, and stores nothing", () =>
  withServer(async (send, store) => {
    const good = { ...ENTRY, metrics: { a: 1 } };
    for (
      const bad of [
        { ...good, run_id: "../x" },
        { ...good, run_id: ".staging" },
        { ...good, project: "" },
        { ...good, metrics: [] },
        { ...good, metrics: { "": 1 } },
        { ...good, metrics: { "a\0": 1 } },
        { ...good, metrics: { a: "text" }, log_id: "../../x" },
        { ...good, step: 1.5 },
        { ...good, step: "9223372036854775807" },
        null,
        "x",
      ]
    ) {
      const { status } = await trackio(send, "bulk_log", { logs: [bad] });
      assert.equal(status, 400, JSON.stringify(bad));
    }
    const path = await upload(send, Uint8Array.of(1));
    for (
      const upload of [
        { ...ENTRY, uploaded_file: { path: "/etc/passwd" } },
        { ...ENTRY, uploaded_file: { path }, relative_path: "../.." },
        { ...ENTRY, uploaded_file: { path, orig_name: ".." } },
        { ...ENTRY, uploaded_file: {} },
      ]
    ) {
      const { status } = await trackio(send, "bulk_upload_media", { uploads: [upload] });
      assert.equal(status, 400, JSON.stringify(upload));
    }
    assert.deepEqual(await store.artifacts.find({}), []);
    const json = { kwargs: { logs: [good] } };
    assert.equal(await status(send("/api/bulk_log", { json })), 400); // Without the header.
    for (
      const [type, body] of [
        ["multipart/form-data", "x"],
        ["multipart/form-data; boundary=b", "--b\r\n\r\nabc"],
        ["multipart/form-data; boundary=b", "--b\r\nX: y\r\n\r\nabc\r\n--b"],
        ["multipart/form-data; boundary=b", `--b\r\n${"x".repeat(100_000)}`],
        ["text/plain", "--b--"],
      ]
    ) {
      const headers = { ...TOKEN, "content-type": type! };
      assert.equal(await status(send("/api/upload", { body: body!, headers })), 400, body);
    }
  }));

Deno.test("a trackio client signs in by its token", () =>
  withServer(async (send, store) => {
    const version = await send("/version", { headers: TOKEN });
    assert.equal((await version.json()).api_version, 1);
    const logs = [{ ...ENTRY, metrics: { a: 1 } }];
    const log = async (token: string) =>
      (await trackio(send, "bulk_log", { logs }, { "x-trackio-write-token": token })).status;
    assert.deepEqual(await Promise.all(["wrong", "look", "write"].map(log)), [401, 403, 200]);
    assert.equal((await store.runs.get(RUN)).createdBy, "ana");
  }, { authenticate: signIn(parseTokens("write writer ana\nlook reader\n"), []) }));

const python = Deno.env.get("CHACHAML_TRACKIO_PYTHON");

/** Runs the client's script against a server; gives what it wrote to stderr if it failed. */
async function runScript(dir: string, store: Store): Promise<string> {
  await using server = await serving(store, {
    authenticate: signIn(parseTokens("secret writer ana\n"), []),
  });
  const { stdout, stderr } = await new Deno.Command(python!, {
    args: [
      fromFileUrl(new URL("trackio_client.py", import.meta.url)),
      `${server.url}/?write_token=secret`,
    ],
    cwd: dir,
    env: { TRACKIO_DIR: join(dir, "trackio"), HF_HUB_OFFLINE: "1", PYTHONUNBUFFERED: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  const text = new TextDecoder().decode(stdout);
  return text.includes('{"ok": true}') ? "" : text + new TextDecoder().decode(stderr);
}

Deno.test({
  name: "the real trackio client logs metrics, media and artifacts, and resumes" +
    (python === undefined ? " (skipped: CHACHAML_TRACKIO_PYTHON names no Python)" : ""),
  ignore: python === undefined,
  fn: () =>
    inTempDir(async (dir) => {
      await using store = await openStore({ path: join(dir, "t.db"), driver: "builtin" });
      assert.equal(await runScript(dir, store), "");
      const runs = await store.runs.list({ experiment: "digits" });
      assert.deepEqual(runs.map(({ name }) => name).sort(), ["first", "second"]);
      const { id } = runs.find(({ name }) => name === "first")!;
      const loss = (await store.metrics.points(id)).filter(({ key }) => key === "loss");
      assert.deepEqual(
        loss.map(({ step, value }) => [step, value]),
        [[0, 1], [1, 1 / 2], [2, 1 / 3], [3, 1 / 4], [4, 1 / 5], [7, NaN], [8, 0.125], [9, 0.01]],
      );
      const { lr, layers } = await store.runs.params(id);
      assert.deepEqual([lr, layers], [0.1, [64, 10]]);
      const names = (await store.artifacts.list(id)).map(({ name }) => name);
      assert.ok(names.includes("artifacts/weights/v0/weights.bin"), names.join());
      assert.ok(names.some((name) => /^media\/8\/.*\.(png|webp)$/.test(name)), names.join());
      assert.ok(names.some((name) => name.startsWith("trackio/alerts/")), names.join());
    }),
});
