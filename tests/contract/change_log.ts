/** Behavior of the change log of a metadata store, whatever keeps it. */
import assert from "node:assert/strict";
import type { Change, ChangePosition } from "../../src/metadata/change_log.ts";
import type { MetadataStore } from "../../src/metadata/metadata_store.ts";
import { registerVersion } from "../../src/models/versions.ts";
import type { WithMetadata } from "./metadata.ts";

/** The position of a store before its first change. */
const START = [0];

/** All changes after a position, each in short, and the position after them. */
async function changesSince(
  metadata: MetadataStore,
  position: ChangePosition,
): Promise<{ readonly changes: string[]; readonly position: ChangePosition }> {
  const log = await metadata.changes();
  const changes: string[] = [];
  for (let more = true; more;) {
    const found = await log.since(position);
    changes.push(...found.changes.map(inShort));
    ({ position, more } = found);
  }
  return { changes, position };
}

function inShort(change: Change): string {
  if (change.kind === "model") return `model ${change.model}`;
  if (change.kind !== "metrics") return `${change.kind} ${change.runId}`;
  const values = change.values.map(({ key, value, step }) => `${key}=${value}@${step}`);
  return ["metrics", change.runId, ...values].join(" ");
}

/** Declares the tests; `declare` names each for the implementation. */
export function testChangeLog(
  declare: (name: string, test: (withMetadata: WithMetadata) => Promise<void>) => void,
): void {
  const test = (name: string, work: (metadata: MetadataStore) => Promise<void>) =>
    declare(name, (withMetadata) => withMetadata(work));

  test("every kind of change is in the change log, after the position before it", async (metadata) => {
    const { runs, artifacts, models } = metadata;
    let place: ChangePosition = START;
    const expect = async (change: () => Promise<unknown>, ...expected: string[]) => {
      await change();
      const { changes, position } = await changesSince(metadata, place);
      assert.deepEqual(changes.toSorted(), expected.toSorted(), String(change));
      place = position;
      assert.deepEqual((await changesSince(metadata, place)).changes, []);
    };
    const points = { runId: "r", keys: ["loss", "acc", "loss"], times: [1, 1, 1] };
    await expect(() => runs.start({ id: "r" }, null), "run r");
    await expect(() => runs.start({ id: "s" }, null), "run s");
    await expect(() => runs.insertParams("r", new Map([["lr", "1"]])), "run r");
    await expect(() => runs.setTags("r", { a: "1" }), "run r");
    await expect(() => runs.setTags("r", { a: "2" }), "run r");
    await expect(() => runs.setTags("r", { a: null }), "run r");
    await expect(() => runs.logDataset("r", {}), "run r");
    await expect(
      () => runs.logMetrics({ ...points, values: [3, NaN, 2], steps: [1, 1, 2] }),
      "metrics r acc=NaN@1 loss=2@2",
    );
    await expect(
      () => runs.logMetrics({ runId: "r", keys: ["loss"], times: [2], values: [1], steps: [3] }),
      "metrics r loss=1@3",
    );
    const artifact = { runId: "r", name: "a", contentType: null, size: 1, hash: "a".repeat(64) };
    await expect(() => artifacts.insert(artifact, () => Promise.resolve()), "artifact r");
    await expect(() => registerVersion(models, "net", { runId: "r", artifact: "a" }), "model net");
    await expect(() => models.remove("net", undefined), "model net");
    await expect(() => runs.update("r", { status: "completed" }), "run r");
    await expect(() => runs.archive("r"), "run r");
    await expect(() => runs.unarchive("r"), "run r");
    const { record } = (await artifacts.byName("r", "a"))!;
    await expect(() => artifacts.remove(record.id, false), "artifact r");
    await runs.remove("r", false);
    const { changes } = await changesSince(metadata, place);
    assert.ok(changes.includes("removed r"), String(changes));
  });

  test("a change that happens again is in the change log once, behind the others", async (metadata) => {
    for (const id of ["r", "s"]) await metadata.runs.start({ id }, null);
    for (const note of ["1", "2", "3"]) await metadata.runs.setTags("r", { note });
    assert.deepEqual((await changesSince(metadata, START)).changes, ["run s", "run r"]);
  });

  test("many changes come in parts, none twice", async (metadata) => {
    const ids = Array.from({ length: 1300 }, (_, at) => `r${at}`);
    for (const id of ids) await metadata.runs.start({ id }, null);
    const log = await metadata.changes();
    assert.equal((await log.since(START)).more, true);
    const { changes, position } = await changesSince(metadata, START);
    assert.deepEqual(changes, ids.map((id) => `run ${id}`));
    assert.deepEqual(position, await log.position());
  });

  test("what many write at once is in the change log, however it is read", async (metadata) => {
    const ids = Array.from({ length: 8 }, (_, at) => `r${at}`);
    for (const id of ids) await metadata.runs.start({ id }, null);
    let isOver = false;
    const seen = new Map<string, number>();
    const reading = (async () => {
      let place: ChangePosition = START;
      for (let last = false; !last;) {
        last = isOver;
        const { changes, position } = await changesSince(metadata, place);
        for (const change of changes) {
          const [, id, step] = /^metrics (\S+) loss=1@(\d+)$/.exec(change) ?? [];
          if (id) seen.set(id, Math.max(seen.get(id) ?? 0, Number(step)));
        }
        place = position;
      }
    })();
    await Promise.all(ids.map(async (runId) => {
      for (let step = 1; step <= 20; step++) {
        await metadata.runs.logMetrics({
          runId,
          keys: ["loss"],
          values: [1],
          steps: [step],
          times: [step],
        });
      }
    }));
    isOver = true;
    await reading;
    assert.deepEqual([...seen].sort(), ids.map((id) => [id, 20]));
  });
}
