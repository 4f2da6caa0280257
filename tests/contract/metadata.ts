/** Behaviour of a metadata store, whatever keeps it. */
import assert from "node:assert/strict";
import {
  ArtifactInUseError,
  InvalidNameError,
  RunNotFoundError,
  RunStateError,
  StoreClosedError,
} from "../../mod.ts";
import type { ArtifactRecord, NewArtifact } from "../../src/metadata/artifact_index.ts";
import { registerVersion } from "../../src/models/versions.ts";
import { RequestDoneError, withRequest } from "../../src/metadata/write_request.ts";
import type { MetadataStore } from "../../src/metadata/metadata_store.ts";

/** Gives a test an empty metadata store, and a directory of its own. */
export type WithMetadata = (
  work: (metadata: MetadataStore, dir: string) => Promise<void>,
) => Promise<void>;

/** Declares the tests; `declare` names each for the implementation. */
export function testMetadata(
  declare: (name: string, test: (withMetadata: WithMetadata) => Promise<void>) => void,
): void {
  const test = (
    name: string,
    work: (metadata: MetadataStore, dir: string) => Promise<void>,
  ) => declare(name, (withMetadata) => withMetadata(work));

  test("a run is archived by its id, which is a string", async ({ runs }) => {
    for (const change of [(id: string) => runs.archive(id), (id: string) => runs.unarchive(id)]) {
      // A server refuses it as an argument already.
      const codes = ["invalid-name", "invalid-option"];
      await assert.rejects(change(5 as never), ({ code }) => codes.includes(code));
      await assert.rejects(change("none"), RunNotFoundError);
    }
  });

  test("the last verification is noted, and replaces the one before", async (metadata) => {
    assert.equal(await metadata.lastVerification(), undefined);
    for (const damaged of [2, 0]) {
      const note = { time: 1_700_000_000_000 - damaged, artifacts: 7, damaged };
      await metadata.noteVerification(note);
      assert.deepEqual(await metadata.lastVerification(), note);
    }
  });

  test("a request writes once, with what it changes, or not at all", async (metadata) => {
    const requests = await metadata.requests();
    const start = (id: string, request: string) =>
      withRequest(request, () => metadata.runs.start({ id }, null));
    await start("a", "one");
    assert.equal(await requests.find("one"), null);
    await assert.rejects(start("b", "one"), RequestDoneError);
    await assert.rejects(start("a", "two"), RunStateError);
    assert.equal(await requests.find("two"), undefined);
    const both = await Promise.allSettled([start("c", "three"), start("d", "three")]);
    assert.deepEqual(both.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
    assert.equal((await metadata.runs.list({})).length, 2);
    await withRequest("four", async () => {
      await metadata.runs.setTags("a", { a: "1" });
      await metadata.runs.setTags("a", { b: "2" });
    });
    await requests.finish("four", "done");
    assert.equal(await requests.find("four"), "done");
    await requests.forget(Date.now() + 1000);
    assert.equal(await requests.find("four"), undefined);
    await start("e", "four");
  });

  test("insert() publishes before the record is there, and once", async (metadata) => {
    await metadata.runs.start({ id: "r" }, null);
    const published: string[] = [];
    const outcome = await metadata.artifacts.insert(artifact("r", "a/b"), async (key) => {
      assert.equal(await metadata.artifacts.byName("r", "a/b"), undefined);
      published.push(key);
    });
    assert.ok("inserted" in outcome);
    assert.deepEqual(published, ["r/a/b"]);
    const entry = await metadata.artifacts.byName("r", "a/b");
    assert.deepEqual(entry, { ...entry, record: outcome.inserted, problem: undefined });
    assert.deepEqual((await metadata.artifacts.byId(outcome.inserted.id))?.record, entry!.record);
  });

  test("insert() of a name that is there resolves to it and publishes nothing", async (metadata) => {
    await metadata.runs.start({ id: "r" }, null);
    const first = await insert(metadata, artifact("r", "a"));
    const outcome = await metadata.artifacts.insert(artifact("r", "a", "b"), () => {
      throw new Error("published");
    });
    assert.ok("found" in outcome);
    assert.deepEqual(outcome.found.record, first);
  });

  test("insert() whose publishing fails leaves no record", async (metadata) => {
    await metadata.runs.start({ id: "r" }, null);
    const failing = metadata.artifacts.insert(
      artifact("r", "a"),
      () => Promise.reject(new Error("full")),
    );
    await assert.rejects(failing, { message: "full" });
    assert.equal(await metadata.artifacts.byName("r", "a"), undefined);
    await insert(metadata, artifact("r", "a"));
  });

  test("insert() refuses a run that is not there, and names that clash", async (metadata) => {
    await assert.rejects(insert(metadata, artifact("r", "a")), RunNotFoundError);
    await metadata.runs.start({ id: "r" }, null);
    await insert(metadata, artifact("r", "a"));
    for (const name of ["A", "a/b"]) {
      await assert.rejects(insert(metadata, artifact("r", name)), InvalidNameError, name);
      await assert.rejects(metadata.artifacts.checkName("r", name), InvalidNameError, name);
    }
  });

  test("of inserts of one name at once, one is done and the others find it", async (metadata) => {
    await metadata.runs.start({ id: "r" }, null);
    let published = 0;
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, () =>
        metadata.artifacts.insert(artifact("r", "a"), async () => {
          published++;
          await Promise.resolve();
        })),
    );
    assert.equal(published, 1);
    assert.equal(outcomes.filter((outcome) => "inserted" in outcome).length, 1);
  });

  test("insertAll() inserts all, or nothing where a name is taken", async (metadata) => {
    await metadata.runs.start({ id: "r" }, null);
    const names = Array.from({ length: 120 }, (_, at) => `f${at}`);
    const published: (readonly string[])[] = [];
    const put = (names: readonly string[]) =>
      metadata.artifacts.insertAll("r", names.map((name) => artifact("r", name)), (keys) => {
        published.push(keys);
        return Promise.resolve();
      });
    const outcome = await put(names);
    assert.ok("inserted" in outcome);
    assert.deepEqual(outcome.inserted.map(({ name }) => name), names);
    assert.deepEqual(published, [names.map((name) => `r/${name}`)]);
    const again = await put(["new", "f7", "f8"]);
    assert.ok("found" in again);
    assert.deepEqual([...again.found.keys()], ["f7", "f8"]);
    assert.equal(published.length, 1);
    assert.deepEqual(await metadata.artifacts.totals(), { artifacts: 120, bytes: 360 });
    await assert.rejects(put(["x", "x/y"]), InvalidNameError);
    await assert.rejects(put(["y", "F7"]), InvalidNameError);
    assert.deepEqual([...(await metadata.artifacts.checkNames("r", ["f1", "z"])).keys()], ["f1"]);
  });

  test("each() gives every artifact once, by run and name", async (metadata) => {
    for (const id of ["b", "a"]) {
      await metadata.runs.start({ id }, null);
      await metadata.artifacts.insertAll(
        id,
        Array.from({ length: 1100 }, (_, at) => artifact(id, `f${String(at).padStart(4, "0")}`)),
        () => Promise.resolve(),
      );
    }
    const seen = await keysOf(metadata.artifacts.each());
    assert.equal(seen.length, 2200);
    assert.deepEqual(seen, seen.toSorted());
    assert.equal(new Set(seen).size, 2200);
    assert.deepEqual(await keysOf(metadata.artifacts.each("b")), seen.slice(1100));
    assert.deepEqual(await keysOf(metadata.artifacts.each("c")), []);
  });

  test("update() changes the record that is expected, and no other", async (metadata) => {
    await metadata.runs.start({ id: "r" }, null);
    const first = await insert(metadata, artifact("r", "a"));
    const contents = {
      contentType: "text/plain",
      size: 9,
      hash: hash("b"),
      createdAt: new Date(5),
    };
    const keys: string[] = [];
    const publish = (key: string) => {
      keys.push(key);
      return Promise.resolve("r/-new/a");
    };
    const second = await metadata.artifacts.update(first, contents, publish);
    assert.deepEqual(second, { ...first, ...contents, path: "r/-new/a" });
    assert.deepEqual((await metadata.artifacts.byId(first.id))?.record, second);
    assert.equal(await metadata.artifacts.update(first, contents, publish), undefined);
    assert.deepEqual(keys, ["r/a"]);
    const failing = () => Promise.reject(new Error("full"));
    await assert.rejects(metadata.artifacts.update(second!, contents, failing), /full/);
    await metadata.artifacts.remove(first.id, false);
    assert.equal(await metadata.artifacts.update(second!, contents, publish), undefined);
  });

  test("what a model version is made of is not updated or removed", async (metadata) => {
    await metadata.runs.start({ id: "r" }, null);
    const record = await insert(metadata, artifact("r", "a"));
    await registerVersion(metadata.models, "m", { runId: "r", artifact: "a" });
    const contents = { ...record, hash: hash("b"), createdAt: new Date(5) };
    const publish = (key: string) => Promise.resolve(key);
    await assert.rejects(metadata.artifacts.update(record, contents, publish), ArtifactInUseError);
    await assert.rejects(metadata.artifacts.remove(record.id, false), ArtifactInUseError);
    await assert.rejects(metadata.runs.remove("r", false), ArtifactInUseError);
    assert.equal((await metadata.artifacts.update(record, contents, publish, true))?.size, 3);
    assert.deepEqual(await metadata.models.dangling(), []);
    assert.equal(await metadata.artifacts.remove(record.id, true), true);
    assert.deepEqual(await metadata.models.versions("m"), []);
  });

  test("unnamed() gives the keys that no record names, nor anything below", async (metadata) => {
    await metadata.runs.start({ id: "r" }, null);
    await insert(metadata, artifact("r", "a/b"));
    const keys = ["r", "r/a", "r/a/b", "r/a/b/c", "r/a/", "r/a/bb", "r/a-", "q", "r/A/b"];
    assert.deepEqual(
      [...await metadata.artifacts.unnamed(keys)],
      ["r/a/b/c", "r/a/", "r/a/bb", "r/a-", "q", "r/A/b"],
    );
    assert.deepEqual([...await metadata.artifacts.namedByScan(keys)], ["r/a/b"]);
  });

  test("removeIfUnnamed() holds off a put of the same key", async (metadata) => {
    await metadata.runs.start({ id: "r" }, null);
    await insert(metadata, artifact("r", "a"));
    const order: string[] = [];
    let put: Promise<unknown> | undefined;
    await metadata.artifacts.removeIfUnnamed(["r/a", "r/b"], async (keys) => {
      order.push(...keys);
      put = metadata.artifacts.insert(artifact("r", "b"), () => {
        order.push("published");
        return Promise.resolve();
      });
      await new Promise((resolve) => setTimeout(resolve, 20));
      order.push("removed");
    });
    await put;
    assert.deepEqual(order, ["r/b", "removed", "published"]);
    await metadata.artifacts.removeIfUnnamed(["r/a", "r/b"], () => {
      throw new Error("called");
    });
  });

  test("update() of a run changes it where its status is expected", async (metadata) => {
    const { id } = await metadata.runs.start({}, null);
    const change = { status: "failed", endTime: new Date(7), error: "why" };
    const { run, changed } = await metadata.runs.update(id, change, ["running"]);
    assert.deepEqual([run.status, run.endTime, run.error], ["failed", new Date(7), "why"]);
    assert.equal(changed, true);
    const again = await metadata.runs.update(id, { status: "completed" }, ["running"]);
    assert.deepEqual(again, { run, changed: false });
    const back = await metadata.runs.update(id, { status: "running", endTime: null, error: null });
    assert.deepEqual([back.run.endTime, back.run.error], [null, null]);
    await assert.rejects(metadata.runs.update("none", {}), RunNotFoundError);
    assert.deepEqual(await metadata.runs.counts(), { byStatus: { running: 1 }, experiments: 1 });
    assert.deepEqual(await metadata.runs.known([id, "none"]), new Set([id]));
  });

  test("insertParams() sets all, or none where one is set", async (metadata) => {
    const { id } = await metadata.runs.start({}, null);
    const params = (entries: Record<string, string>) => new Map(Object.entries(entries));
    assert.equal((await metadata.runs.insertParams(id, params({ a: "1", b: ":c" }))).size, 0);
    const taken = await metadata.runs.insertParams(id, params({ b: "2", c: "3" }));
    assert.deepEqual(taken, new Set(["b"]));
    assert.deepEqual(await metadata.runs.paramTexts(id), params({ a: "1", b: ":c" }));
    await assert.rejects(metadata.runs.insertParams("none", params({})), RunNotFoundError);
  });

  test("check() finds nothing wrong with what is whole", async (metadata) => {
    await metadata.runs.start({ id: "r" }, null);
    assert.deepEqual(await metadata.check(), { damage: [], warnings: [] });
  });

  test("snapshot() copies what is there, into a new file only", async (metadata, dir) => {
    await metadata.runs.start({ id: "r" }, null);
    const [a, b] = [
      await insert(metadata, artifact("r", "a")),
      await insert(metadata, artifact("r", "b")),
    ];
    const snapshot = await metadata.snapshot(`${dir}/copy`);
    await insert(metadata, artifact("r", "c"));
    assert.deepEqual(await keysOf(snapshot.artifacts()), ["r/a", "r/b"]);
    await assert.rejects(metadata.snapshot(`${dir}/copy`), /a file is there/);
    assert.deepEqual(await snapshot.unnamed(["r/a", "r/b", "r/c"]), new Set(["r/c"]));
    const unneeded = ["r/a", "r/b", "r/c"];
    const mark = { of: "origin", directory: "1:2" };
    const left = await snapshot.applyOutcome(
      { present: [a], omitted: [{ artifact: b }], unneeded },
      mark,
    );
    assert.deepEqual(left, new Set(["r/b", "r/c"]));
    assert.deepEqual(await keysOf(snapshot.artifacts()), ["r/a"]);
    await snapshot.moveTo(`${dir}/place`);
    await snapshot.discard();
    assert.deepEqual([...Deno.readDirSync(dir)].map(({ name }) => name).sort(), ["place"]);
    const other = await metadata.snapshot(`${dir}/copy`);
    await other.discard();
    assert.equal([...Deno.readDirSync(dir)].length, 1);
  });

  test("each() and totals() begin behind a position, of one run too", async (metadata) => {
    for (const runId of ["r", "s"]) {
      await metadata.runs.start({ id: runId }, null);
      for (const name of ["a", "b", "c"]) await insert(metadata, artifact(runId, name));
    }
    const { artifacts } = metadata;
    const after = { runId: "r", name: "b" };
    assert.deepEqual(await keysOf(artifacts.each(undefined, after)), ["r/c", "s/a", "s/b", "s/c"]);
    assert.deepEqual(await artifacts.totals(undefined, after), { artifacts: 4, bytes: 12 });
    assert.deepEqual(await keysOf(artifacts.each("r", after)), ["r/c"]);
    assert.deepEqual(await artifacts.totals("r", after), { artifacts: 1, bytes: 3 });
    assert.deepEqual(await artifacts.totals("s"), { artifacts: 3, bytes: 9 });
  });

  test("children() gives what is directly in a directory", async (metadata) => {
    await metadata.runs.start({ id: "r" }, null);
    await metadata.runs.start({ id: "s" }, null);
    const names = ["a", "a-b/x", "a.b", "d/e/f", "d/e/g", "d/z", "d0", "é/x", "z/ä", "z/é/1"];
    for (const name of names) await insert(metadata, artifact("r", name));
    for (let at = 0; at < 1200; at++) await insert(metadata, artifact("r", `many/${at}/x`));
    await insert(metadata, artifact("s", "other"));
    const children = async (directory: string, runId = "r") =>
      (await metadata.artifacts.children(runId, directory))
        .map(({ name, size }) => size === undefined ? `${name}/` : name);
    assert.deepEqual(await children(""), ["a", "a-b/", "a.b", "d/", "d0", "many/", "z/", "é/"]);
    assert.deepEqual(await children("d"), ["e/", "z"]);
    assert.deepEqual(await children("d/e"), ["f", "g"]);
    assert.deepEqual(await children("z"), ["ä", "é/"]);
    assert.deepEqual(await children("a"), []);
    assert.deepEqual(await children("nothing"), []);
    assert.deepEqual(await children("", "s"), ["other"]);
    assert.equal((await children("many")).length, 1200);
  });

  test("eachDuplicate() gives those that share a hash, group by group, oldest first", async (metadata) => {
    await metadata.runs.start({ id: "r" }, null);
    for (let at = 0; at < 600; at++) await insert(metadata, artifact("r", `many ${at}`, "b"));
    for (const name of ["x", "y"]) await insert(metadata, artifact("r", name, "a"));
    await insert(metadata, artifact("r", "alone", "c"));
    const found = await Array.fromAsync(metadata.artifacts.eachDuplicate());
    const names = found.map(({ record }) => record.name);
    assert.deepEqual(names.slice(0, 2), ["x", "y"]);
    assert.deepEqual(names.slice(2), Array.from({ length: 600 }, (_, at) => `many ${at}`));
  });

  test("knownOrRemoved() knows runs that were removed", async (metadata) => {
    for (const id of ["here", "gone"]) await metadata.runs.start({ id }, null);
    await metadata.runs.remove("gone", false);
    const { runs } = metadata;
    assert.deepEqual(await runs.knownOrRemoved(["here", "gone", "x"]), new Set(["here", "gone"]));
    assert.deepEqual(await runs.known(["here", "gone", "x"]), new Set(["here"]));
  });

  test("tryWriting() changes nothing", async (metadata) => {
    await metadata.tryWriting();
    await metadata.runs.start({ id: "r" }, null);
    await Promise.all([metadata.tryWriting(), metadata.runs.start({ id: "s" }, null)]);
    assert.deepEqual((await metadata.runs.counts()).byStatus, { running: 2 });
  });

  test("a closed store refuses everything", async (metadata) => {
    await metadata.close();
    await assert.rejects(metadata.runs.counts(), StoreClosedError);
    await assert.rejects(metadata.artifacts.totals(), StoreClosedError);
    await assert.rejects(metadata.models.list(), StoreClosedError);
    await assert.rejects(metadata.runs.start({}, null), StoreClosedError);
  });
}

function hash(digit: string): string {
  return digit.repeat(64);
}

function artifact(runId: string, name: string, digit: string = "a"): NewArtifact {
  return { runId, name, contentType: null, size: 3, hash: hash(digit) };
}

async function insert(metadata: MetadataStore, artifact: NewArtifact): Promise<ArtifactRecord> {
  const outcome = await metadata.artifacts.insert(artifact, () => Promise.resolve());
  assert.ok("inserted" in outcome);
  return outcome.inserted;
}

async function keysOf(
  entries: AsyncIterable<{ readonly record: ArtifactRecord }>,
): Promise<string[]> {
  return await Array.fromAsync(entries, ({ record }) => `${record.runId}/${record.name}`);
}
