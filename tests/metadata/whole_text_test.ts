/** Text is stored as it was given, or refused; what other programs stored is read whole. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { join } from "@std/path";
import { InvalidNameError, InvalidOptionError } from "../../mod.ts";
import { inMemory, inTempDir, openIn, testEachDriver } from "../support/helpers.ts";

for (const [what, bad] of [["U+0000", "a\0b"], ["half of a surrogate pair", "a\ud800b"]] as const) {
  Deno.test(`text with ${what} is refused wherever it would become a column`, () =>
    inMemory(async (store) => {
      const run = await store.run("r");
      const artifact = await run.put("a", "a");
      const calls: [field: RegExp, call: () => Promise<unknown>][] = [
        [/experiment/, () => store.startRun({ experiment: bad })],
        [/name/, () => store.startRun({ name: bad })],
        [/createdBy/, () => store.startRun({ createdBy: bad })],
        [/the name of a tag/, () => store.startRun({ tags: { [bad]: "x" } })],
        [/tag "x"/, () => store.startRun({ tags: { x: bad } })],
        [/the name of a tag/, () => run.setTags({ [bad]: "x" })],
        [/tag "x"/, () => run.setTags({ x: bad })],
        [/the name of a param/, () => run.logParams({ [bad]: 1 })],
        [/the name of a metric/, () => run.logMetrics({ [bad]: 1 })],
        [/role/, () => run.logDataset({ role: bad })],
        [/source/, () => run.logDataset({ source: bad })],
        [/hash/, () => run.logDataset({ hash: bad })],
        [/its name/, () => store.experiments.describe(bad, { owner: "x" })],
        [/owner/, () => store.experiments.describe("x", { owner: bad })],
        [
          /description/,
          () => run.registerModel("net", { artifactId: artifact.id, description: bad }),
        ],
        [
          /description/,
          () => run.registerModel("net", { artifactId: artifact.id, modelDescription: bad }),
        ],
        [/contentType/, () => run.put("b", "b", { contentType: bad })],
      ];
      for (const [field, call] of calls) {
        await assert.rejects(
          call(),
          (error) => error instanceof InvalidOptionError && field.test(error.message),
          `${field}`,
        );
      }
      await assert.rejects(store.startRun({ id: bad }), InvalidNameError);
      await assert.rejects(run.put(bad, "x"), InvalidNameError);
      await assert.rejects(
        store.models.register(bad, { runId: "r", artifact: "a" }),
        InvalidNameError,
      );
      assert.equal((await store.runs.list()).length, 1);
      assert.deepEqual((await store.runs.get("r")).tags, {});
    }));
}

Deno.test("a run ends as failed whatever its error says", () =>
  inMemory(async (store) => {
    await store.runs.end("r", { error: new Error("a\0b \ud800") });
    assert.equal((await store.runs.get("r")).error, "Error: a\ufffdb \ufffd");
  }));

testEachDriver(
  "text with U+0000 that another program stored is read whole, and travels whole",
  (driver) =>
    inTempDir(async (dir) => {
      {
        await using store = await openIn(dir, { driver });
        const run = await store.startRun({ id: "r" });
        await run.put("a", "a");
        await store.models.register("net", { runId: "r", artifact: "a" });
      }
      const database = new DatabaseSync(join(dir, "t.db"));
      const nul = (text: string) => text.split("\0").map((part) => `'${part}'`).join("||char(0)||");
      database.exec(`
        UPDATE runs SET experiment = ${nul("prod\0-evil")}, name = ${nul("n\0m")},
          error = ${nul("e\0f")}, created_by = ${nul("c\0d")}, tags = ${nul('{:k "v\0w"}')};
        INSERT INTO params (run_id, key, value) VALUES ('r', ${nul("lr\0x")}, ${nul('"one\0two"')}),
          ('r', 'lr', '2');
        INSERT INTO tags (run_id, key, value) VALUES ('r', ${nul("t\0u")}, ${nul("v\0w")});
        INSERT INTO metrics (run_id, key, value, step, timestamp) VALUES
          ('r', ${nul("loss\0a")}, 1, 0, 0), ('r', 'loss', 2, 0, 0);
        INSERT INTO datasets (id, run_id, role, source, created_at)
          VALUES ('d', 'r', 'train', ${nul("s\0t")}, 0);
        UPDATE models SET description = ${nul("about\0it")}`);
      database.close();
      await using store = await openIn(dir, { driver });
      const check = async (of: typeof store) => {
        const run = await of.runs.get("r");
        assert.deepEqual(
          [run.experiment, run.name, run.error, run.createdBy],
          ["prod\0-evil", "n\0m", "e\0f", "c\0d"],
        );
        assert.deepEqual({ ...run.tags }, { k: "v\0w", "t\0u": "v\0w" });
        assert.deepEqual(await of.runs.params("r"), { lr: 2, "lr\0x": "one\0two" });
        assert.deepEqual(
          (await of.metrics.summary("r")).map(({ key, last }) => [key, last]),
          [["loss", 2], ["loss\0a", 1]],
        );
        assert.equal((await of.metrics.points("r", "loss\0a")).length, 1);
        assert.equal((await of.runs.datasets("r"))[0]!.source, "s\0t");
      };
      await check(store);
      assert.equal((await store.models.list())[0]!.description, "about\0it");
      assert.deepEqual(
        (await store.experiments.list()).map(({ name, runs }) => [name, runs]),
        [["prod\0-evil", 1]],
      );
      await using other = await openIn(join(dir, "other"), { driver });
      await other.import(store.export(["r"]));
      await check(other);
    }),
);
