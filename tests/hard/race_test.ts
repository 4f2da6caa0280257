import assert from "node:assert/strict";
import { join } from "@std/path";
import { ArtifactExistsError, ArtifactNotFoundError, type Store } from "../../mod.ts";
import { child } from "../support/children/flags.ts";
import { inTempDir, openIn, testEachDriver, tree } from "../support/helpers.ts";

/** Fails unless every row has its bytes, and every file a row. */
async function requireConsistent(store: Store): Promise<void> {
  const found = await store.artifacts.find({});
  for (const artifact of found) await artifact.bytes({ verify: true });
  const files = tree(store.artifactDir!).filter((name) =>
    Deno.lstatSync(`${store.artifactDir}/${name}`).isFile
  );
  assert.deepEqual(files, found.map(({ path }) => path).sort());
}

Deno.test("eight processes on one store: what each was told is true", async () => {
  await inTempDir(async (dir) => {
    await using store = await openIn(dir);
    await store.startRun({ id: "run" });
    const count = 40;
    let over = false;
    const reader = (async () => {
      await using readOnly = await openIn(dir, { readOnly: true });
      while (!over) {
        for (const artifact of await readOnly.artifacts.find({ name: "own/*" })) {
          await artifact.text();
        }
      }
    })();
    const outputs = await Promise.all(
      Array.from(
        { length: 8 },
        (_, who) => child("race_child.ts", [store.path!, String(who), String(count)]).output(),
      ),
    );
    over = true;
    await reader;
    const decoder = new TextDecoder();
    for (const { success, stderr } of outputs) assert.ok(success, decoder.decode(stderr));
    const told = outputs.map(({ stdout }) => JSON.parse(decoder.decode(stdout)));
    for (const [who, { own, won }] of told.entries()) {
      assert.equal(own.length, count);
      for (const name of own) {
        const text = await (await store.artifacts.get("run", name)).text();
        assert.equal(text, name.slice("own/".length).replace("-", " "));
      }
      for (const name of won) {
        const text = await (await store.artifacts.get("run", name)).text();
        assert.equal(text, `${who} won ${name.slice("shared/".length)}`);
      }
    }
    const winners = told.flatMap(({ won }) => won);
    assert.equal(winners.length, count);
    assert.equal(new Set(winners).size, count);
    assert.equal((await store.artifacts.find({ name: "fleeting/*" })).length, 0);
    await requireConsistent(store);
  });
});

testEachDriver(
  "of many puts of one name at once, one wins and the others are told",
  async (driver) => {
    await inTempDir(async (dir) => {
      await using store = await openIn(dir, { driver });
      await using twin = await openIn(dir, { driver });
      const { id } = await store.startRun();
      for (let round = 0; round < 10; round++) {
        const outcomes = await Promise.allSettled(
          Array.from(
            { length: 12 },
            (_, at) => (at % 2 === 0 ? store : twin).artifacts.put(id, `n${round}`, `${at}`),
          ),
        );
        const won = outcomes.filter((outcome) => outcome.status === "fulfilled");
        assert.equal(won.length, 1);
        for (const outcome of outcomes) {
          if (outcome.status === "rejected") {
            assert.ok(outcome.reason instanceof ArtifactExistsError);
          }
        }
        const text = await (await store.artifacts.get(id, `n${round}`)).text({ verify: true });
        assert.equal(text, String(outcomes.indexOf(won[0]!)));
      }
      await requireConsistent(store);
    });
  },
);

testEachDriver(
  "readers of an artifact that is replaced see one content or another",
  async (driver) => {
    await inTempDir(async (dir) => {
      await using store = await openIn(dir, { driver });
      await using twin = await openIn(dir, { driver });
      const { id } = await store.startRun();
      const content = (round: number) => `${round}`.repeat(1 + (round * 37) % 5000);
      await store.artifacts.put(id, "latest", content(0));
      let written = 0;
      const writing = (async () => {
        for (let round = 1; round <= 60; round++) {
          await store.artifacts.put(id, "latest", content(round), { ifExists: "replace" });
          written = round;
        }
      })();
      let seen = 0;
      while (written < 60) {
        const artifact = await twin.artifacts.get(id, "latest");
        const text = await artifact.text({ verify: true });
        assert.equal(text.length, artifact.size);
        const round = Array.from({ length: 61 }, (_, at) => at).find((at) => content(at) === text);
        assert.ok(round !== undefined && round >= seen, `saw ${round} after ${seen}`);
        seen = round;
      }
      await writing;
      await requireConsistent(store);
    });
  },
);

testEachDriver(
  "two stores that replace one artifact at once end with one of the two",
  async (driver) => {
    await inTempDir(async (dir) => {
      await using store = await openIn(dir, { driver });
      await using twin = await openIn(dir, { driver });
      const { id } = await store.startRun();
      await store.artifacts.put(id, "latest", "first");
      for (let round = 0; round < 10; round++) {
        const texts = [`a ${round}`, `twin ${round}`];
        await Promise.all(
          [store, twin].map((one, at) =>
            one.artifacts.put(id, "latest", texts[at]!, { ifExists: "replace" })
          ),
        );
        assert.ok(
          texts.includes(await (await store.artifacts.get(id, "latest")).text({ verify: true })),
        );
      }
      await requireConsistent(store);
    });
  },
);

testEachDriver("put against remove of one name leaves both or neither", async (driver) => {
  await inTempDir(async (dir) => {
    await using store = await openIn(dir, { driver });
    await using twin = await openIn(dir, { driver });
    const { id } = await store.startRun();
    for (let round = 0; round < 30; round++) {
      const outcomes = await Promise.allSettled([
        store.artifacts.put(id, "a/name", `${round}`),
        twin.artifacts.remove(id, "a/name"),
        twin.artifacts.put(id, "a/name", `${round}`),
        store.artifacts.remove(id, "a/name"),
      ]);
      for (const outcome of outcomes) {
        if (outcome.status === "fulfilled") continue;
        const { reason } = outcome;
        assert.ok(
          reason instanceof ArtifactExistsError || reason instanceof ArtifactNotFoundError,
          String(reason),
        );
      }
      await requireConsistent(store);
    }
  });
});

testEachDriver(
  "a put into a run that is removed at once is refused, or removed",
  async (driver) => {
    await inTempDir(async (dir) => {
      await using store = await openIn(dir, { driver });
      for (let round = 0; round < 10; round++) {
        const { id } = await store.startRun();
        await Promise.allSettled([
          ...Array.from({ length: 5 }, (_, at) => store.artifacts.put(id, `before/${at}`, "x")),
          store.runs.remove(id),
          ...Array.from({ length: 5 }, (_, at) => store.artifacts.put(id, `after/${at}`, "x")),
        ]);
        assert.deepEqual(await store.artifacts.find({}), []);
        await requireConsistent(store);
      }
    });
  },
);

testEachDriver("put against gc of one name: one put wins, and keeps its bytes", async (driver) => {
  await inTempDir(async (dir) => {
    await using store = await openIn(dir, { driver });
    await using twin = await openIn(dir, { driver });
    const { id } = await store.startRun();
    for (let round = 0; round < 30; round++) {
      const directory = join(store.artifactDir!, id, `${round}`);
      await Deno.mkdir(directory, { recursive: true });
      // What gc finds is an orphan, the file of a put, or both in turn.
      if (round % 2 === 0) await Deno.writeTextFile(join(directory, "a"), "orphan");
      const [, , ...puts] = await Promise.allSettled([
        twin.gc({ grace: 0 }),
        store.gc({ grace: 0 }),
        store.artifacts.put(id, `${round}/a`, "store"),
        twin.artifacts.put(id, `${round}/a`, "twin"),
        twin.gc({ grace: 0 }),
      ]);
      const [first, second, collected] = puts;
      assert.equal(collected!.status, "fulfilled");
      assert.deepEqual([first!.status, second!.status].sort(), ["fulfilled", "rejected"]);
      const text = await (await store.artifacts.get(id, `${round}/a`)).text({ verify: true });
      assert.equal(text, first!.status === "fulfilled" ? "store" : "twin");
    }
    await requireConsistent(store);
  });
});

testEachDriver("close waits for the puts that are under way", async (driver) => {
  await inTempDir(async (dir) => {
    const store = await openIn(dir, { driver });
    const { id } = await store.startRun();
    const puts = Array.from({ length: 300 }, (_, at) => store.artifacts.put(id, `${at}`, `${at}`));
    await store.close();
    assert.equal((await Promise.all(puts)).length, 300);
    await using again = await openIn(dir, { driver });
    assert.equal((await again.artifacts.list(id)).length, 300);
    await requireConsistent(again);
  });
});
