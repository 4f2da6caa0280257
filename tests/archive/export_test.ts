import assert from "node:assert/strict";
import { join } from "@std/path";
import type { Progress } from "../../mod.ts";
import {
  archiveOf,
  fillFully,
  LONG_NAME,
  membersOf,
  opened,
  openOther,
  rowsOf,
  tamperRows,
  testWithTar,
} from "../support/archive_helpers.ts";
import { namesIn } from "../support/backup_helpers.ts";
import {
  inMemory,
  inTempDir,
  openIn,
  sha256,
  someBytes,
  testEachDriver,
} from "../support/helpers.ts";

/** Calls the program `tar`, and gives the lines that it prints. */
async function tarProgram(...args: string[]): Promise<string[]> {
  const { success, stdout, stderr } = await new Deno.Command("tar", {
    args: ["--quoting-style=literal", ...args],
    env: { LC_ALL: "C.UTF-8" },
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout).split("\n").filter((line) => line !== "");
}

testWithTar(
  "export() writes an archive that tar lists and unpacks, the manifest first",
  () =>
    inTempDir(async (dir) => {
      await using store = await openIn(dir);
      await fillFully(store);
      await Deno.writeFile(join(dir, "x.tar"), store.export(["r"]));
      const artifacts = await store.artifacts.list("r");
      const names = artifacts.map(({ name }) => `r/${name}`);
      const listed = await tarProgram("-tf", join(dir, "x.tar"));
      assert.deepEqual(listed, ["chachaml-runs.json", ...names]);
      assert.ok(listed.includes(`r/${LONG_NAME}`));
      await Deno.mkdir(join(dir, "unpacked"));
      await tarProgram("-xf", join(dir, "x.tar"), "-C", join(dir, "unpacked"));
      for (const { name, hash } of artifacts) {
        const bytes = await Deno.readFile(join(dir, "unpacked/r", name));
        assert.equal(await sha256(bytes), hash, name);
      }
      assert.deepEqual(namesIn(join(dir, "unpacked")), ["chachaml-runs.json", "r"]);
    }),
);

testWithTar(
  "export() writes names of every length so that tar reads them",
  () =>
    inTempDir(async (dir) => {
      await using store = await openIn(dir, { durability: "relaxed" });
      await store.startRun({ id: "r" });
      // Around the limits of the header's fields: 100 bytes, and 155 and 100 with a slash between.
      const names = [97, 98, 99, 100, 101].flatMap((length) => [
        "n".repeat(length),
        "ü".repeat(length >> 1) + "n".repeat(length % 2),
        `${"d".repeat(length + 52)}/f`,
        `${"d".repeat(100)}/${"d".repeat(length - 51)}/${"f".repeat(length)}`,
      ]);
      for (const name of new Set(names)) await store.artifacts.put("r", name, name);
      const path = join(dir, "names.tar");
      await Deno.writeFile(path, store.export(["r"]));
      const listed = await tarProgram("-tf", path);
      assert.deepEqual(
        listed.slice(1),
        (await store.artifacts.list("r")).map(({ name }) => `r/${name}`),
      );
      await using other = await openOther();
      await other.import((await Deno.open(path)).readable);
      for (const { name } of await other.artifacts.list("r")) {
        assert.equal(await (await other.artifacts.get("r", name)).text(), name);
      }
    }),
);

testWithTar(
  "export() tells sizes that the header's field cannot hold",
  () =>
    inTempDir(async (dir) => {
      await using store = await openIn(dir);
      await store.startRun({ id: "r" });
      const filePath = (await store.artifacts.put("r", "huge", "x")).filePath!;
      const size = 9 * 1024 ** 3;
      await Deno.chmod(filePath, 0o644);
      await Deno.truncate(filePath, size); // A hole, which takes no space.
      tamperRows(store, `UPDATE artifacts SET size = ${size}`);
      const reader = store.export(["r"]).getReader();
      const tarring = new Deno.Command("tar", {
        args: ["-tvf", "-"],
        stdin: "piped",
        stdout: "piped",
        stderr: "null",
      }).spawn();
      const writer = tarring.stdin.getWriter();
      for (let sent = 0; sent < 100_000;) {
        const { value } = await reader.read();
        await writer.write(value!);
        sent += value!.length;
      }
      await writer.close();
      await reader.cancel();
      const { stdout } = await tarring.output();
      assert.match(new TextDecoder().decode(stdout), new RegExp(` ${size} .* r/huge\n`));
    }),
);

testEachDriver("the manifest has every column of every row", (driver) =>
  inTempDir(async (dir) => {
    await using store = await openIn(dir, { driver });
    await fillFully(store);
    const { manifest, files } = opened(await archiveOf(store, ["parent", "r"]));
    assert.deepEqual(Object.keys(manifest).sort(), ["format", "runs", "version"]);
    assert.deepEqual([manifest.format, manifest.version], ["chachaml-runs", 1]);
    const rows = rowsOf(store);
    const [parent, run] = manifest.runs;
    assert.deepEqual(parent.artifacts, []);
    for (const [index, told] of [parent, run].entries()) {
      assert.deepEqual(rows.runs![index], {
        id: told.id,
        experiment: told.experiment,
        name: told.name,
        status: told.status,
        start_time: told.startTime,
        end_time: told.endTime,
        error: told.error,
        tags: told.startTags,
        env: told.environment,
        parent_run_id: told.parentId,
        created_by: told.createdBy,
      });
    }
    const pairs = (table: string) => rows[table]!.map(({ key, value }) => [key, value]);
    assert.deepEqual(run.params, pairs("params"));
    assert.deepEqual(run.params.find(([key]: string[]) => key === "ratio"), ["ratio", "22/7"]);
    assert.deepEqual(run.tags, pairs("tags"));
    const loss = run.metrics.find(({ key }: { key: string }) => key === "loss");
    assert.deepEqual(loss.values, [1.5, "-Infinity", "NaN", "Infinity", -1e-300]);
    assert.deepEqual(loss.steps, [0, 1, 2, 3, 4]);
    const [{ run_id: _run, n_rows: count, n_cols, created_at, ...dataset }] = rows
      .datasets as [Record<string, unknown>];
    assert.deepEqual(run.datasets, [
      { ...dataset, rows: count, columns: n_cols, createdAt: created_at },
    ]);
    const artifacts = rows.artifacts!.map((row) => ({
      id: row.id,
      name: row.name,
      contentType: row.content_type,
      size: row.size,
      hash: row.hash,
      createdAt: row.created_at,
    }));
    const byId = (a: { id: unknown }, b: { id: unknown }) => String(a.id) < String(b.id) ? -1 : 1;
    assert.deepEqual(run.artifacts.toSorted(byId), artifacts.toSorted(byId));
    assert.ok(files.length >= artifacts.length);
  }));

Deno.test("export() holds what has been logged but not stored yet", () =>
  inMemory(async (store) => {
    const run = await store.startRun({ id: "logging" });
    for (let step = 0; step < 10; step++) run.log({ loss: step }, { step });
    const { manifest } = opened(await archiveOf(store, ["logging"]));
    assert.equal(manifest.runs[0].metrics[0].values.length, 10);
  }));

Deno.test("export() takes a run that is named twice once, and no run at all", () =>
  inMemory(async (store) => {
    await store.artifacts.put("r", "a", "text");
    const names = membersOf(await archiveOf(store, ["r", "r"])).map(({ name }) => name);
    assert.deepEqual(names, ["chachaml-runs.json", "r/a"]);
    assert.deepEqual(opened(await archiveOf(store, [])).manifest.runs, []);
  }));

Deno.test("export() tells times of which tar knows nothing as the nearest that it knows", () =>
  inTempDir(async (dir) => {
    await using store = await openIn(dir);
    await store.startRun({ id: "r" });
    await store.artifacts.put("r", "a", "1");
    for (const time of [-1000, 8.64e15]) {
      tamperRows(store, `UPDATE artifacts SET created_at = ${time}`);
      await using other = await openOther();
      await other.import(store.export(["r"]));
      assert.equal((await other.artifacts.get("r", "a")).createdAt.getTime(), time);
    }
  }));

Deno.test("export() tells of progress up to all of the bytes", () =>
  inMemory(async (store) => {
    for (const [name, size] of [["a", 300_000], ["b", 5]] as const) {
      await store.artifacts.put("r", name, someBytes(size));
    }
    const told: Progress[] = [];
    await archiveOf(store, ["r"], { onProgress: (progress) => told.push(progress) });
    assert.deepEqual(told.at(-1), { bytes: 300_005, total: 300_005 });
    assert.ok(told.every(({ bytes }, at) => at === 0 || bytes > told[at - 1]!.bytes));
  }));

Deno.test("export() joins small artifacts to large chunks", () =>
  inMemory(async (store) => {
    const names = Array.from({ length: 300 }, (_, at) => `${at}`);
    await Promise.all(names.map((name) => store.artifacts.put("r", name, name)));
    const sizes: number[] = [];
    for await (const { length } of store.export(["r"])) sizes.push(length);
    const total = sizes.reduce((sum, size) => sum + size, 0);
    assert.ok(sizes.length <= total / 32_768, `${sizes.length} chunks`);
  }));
