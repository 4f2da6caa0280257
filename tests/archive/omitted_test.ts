import { COMPOSITION } from "../support/compositions.ts";
import assert from "node:assert/strict";
import { join } from "@std/path";
import { IntegrityError, type NotExported, type Store } from "../../mod.ts";
import { archiveOf, membersOf, openOther, packed, streamOf } from "../support/archive_helpers.ts";
import { tamper } from "../support/backup_helpers.ts";
import { inMemory, inTempDir, openIn, someBytes } from "../support/helpers.ts";

/** Stores artifacts, some of which are damaged in each way that there is. */
async function damaged(store: Store): Promise<void> {
  const put = async (name: string, bytes: Uint8Array<ArrayBuffer>) =>
    (await store.artifacts.put("r", name, bytes)).filePath!;
  await put("a whole", someBytes(10));
  tamper(await put("changed", someBytes(10)), "0123456789");
  await Deno.remove(await put("gone", someBytes(10)));
  tamper(await put("large, changed", someBytes(400_000)), "x".repeat(400_000));
  tamper(await put("large, cut short", someBytes(400_000)), "x");
  await put("large, whole", someBytes(400_000));
  await put("z whole", someBytes(10));
}

Deno.test("export() with onOmitted leaves out what is damaged, says so, and goes on", () =>
  inMemory(async (store) => {
    await damaged(store);
    const omitted: NotExported[] = [];
    const archive = await archiveOf(store, ["r"], { onOmitted: (it) => void omitted.push(it) });
    assert.deepEqual(omitted.map(({ name }) => name), [
      "changed",
      "gone",
      "large, changed",
      "large, cut short",
    ]);
    for (const { error } of omitted) assert.ok(error instanceof IntegrityError, String(error));
    await using other = await openOther();
    const report = await other.import(streamOf(archive));
    assert.equal(report.artifacts, 3);
    const names = (await other.artifacts.list("r")).map(({ name }) => name);
    assert.deepEqual(names.sort(), ["a whole", "large, whole", "z whole"]);
    const { damaged: bad, leftovers } = await other.verify().summary();
    assert.deepEqual([bad, leftovers], [0, 0]);
  }));

Deno.test("import() refuses damage that the archive does not own up to", () =>
  inMemory(async (store) => {
    await damaged(store);
    const archive = await archiveOf(store, ["r"], { onOmitted: () => {} });
    const [first, ...files] = membersOf(archive);
    const manifest = JSON.parse(new TextDecoder().decode(first!.body));
    const list = JSON.parse(new TextDecoder().decode(files.pop()!.body));
    await using other = await openOther();
    const refused = async (omitted: unknown, words: RegExp) => {
      const last = { name: "chachaml-omitted.json", body: JSON.stringify(omitted) };
      const bad = packed(manifest, [...files, last]);
      await assert.rejects(other.import(streamOf(bad)), words);
      assert.deepEqual(await other.runs.list(), []);
    };
    await refused(list.slice(1), /"r\/changed" is missing/);
    await refused(
      list.filter((it: { name: string }) => it.name !== "large, changed"),
      /are damaged/,
    );
    await refused([...list, { runId: "s", name: "x", reason: "" }], /of no run in it/);
    await refused([{ runId: "r" }], /chachaml-omitted\.json is damaged/);
    const behind = packed(manifest, [
      ...files,
      { name: "chachaml-omitted.json", body: JSON.stringify(list) },
      { name: "r/gone", body: someBytes(10) },
    ]);
    await assert.rejects(other.import(streamOf(behind)), /is behind chachaml-omitted\.json/);
  }));

Deno.test({
  name: "what is executable stays so when it is put, exported, imported, backed up and saved",
  // A store on a server is not backed up from here.
  ignore: Deno.build.os === "windows" || COMPOSITION?.isServed === true,
  fn: () =>
    inTempDir(async (dir) => {
      await using store = await openIn(dir);
      await store.startRun({ id: "r" });
      for (const [name, mode] of [["tool", 0o755], ["notes", 0o644]] as const) {
        await Deno.writeTextFile(join(dir, name), name);
        await Deno.chmod(join(dir, name), mode);
        await store.artifacts.put("r", name, new URL(`file://${join(dir, name)}`));
      }
      const isExecutable = async (path: string) => ((await Deno.stat(path)).mode! & 0o100) !== 0;
      const assertModes = async (of: Store) => {
        for (const name of ["tool", "notes"]) {
          const artifact = await of.artifacts.get("r", name);
          assert.equal(await isExecutable(artifact.filePath!), name === "tool", name);
          await artifact.saveTo(join(dir, `saved-${name}`));
          assert.equal(await isExecutable(join(dir, `saved-${name}`)), name === "tool", name);
        }
      };
      await assertModes(store);
      await using other = await openOther();
      await other.import(streamOf(await archiveOf(store, ["r"])));
      await assertModes(other);
      await store.backup(join(dir, "b"));
      await using backup = await openIn(dir, { path: join(dir, "b/chachaml.db"), readOnly: true });
      await assertModes(backup);
    }),
});

Deno.test("import() takes up 20,000 runs that are each other's parents without growing its stack", () =>
  inMemory(async (store) => {
    const runs = Array.from({ length: 20_000 }, (_, at) => ({
      id: `r${at}`,
      experiment: "e",
      name: null,
      status: "completed",
      startTime: at,
      endTime: at,
      error: null,
      startTags: null,
      environment: null,
      parentId: at === 19_999 ? null : `r${at + 1}`,
      createdBy: null,
      params: [],
      tags: [],
      metrics: [],
      datasets: [],
      artifacts: [],
    }));
    const manifest = { format: "chachaml-runs", version: 1, runs };
    const report = await store.import(streamOf(packed(manifest, [])));
    assert.deepEqual([report.runs.length, report.runs[0]!.id], [20_000, "r19999"]);
  }));
