/** Watching a store, also for what other programs change. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { InvalidOptionError, openStore, type Store, type StoreEvent } from "../../mod.ts";
import { testOnSqlite, withStore } from "../support/helpers.ts";

type Told = readonly [kind: string, name: string, more?: unknown];

function tell(event: StoreEvent): Told {
  switch (event.kind) {
    case "removed":
      return [event.kind, event.runId];
    case "model":
      return [event.kind, event.model];
    case "metrics":
      return [
        event.kind,
        event.run.id,
        event.values.map(({ key, value, step }) => ({
          key,
          value,
          step,
        })),
      ];
    case "run":
      return [event.kind, event.run.id, event.run.status];
    default:
      return [event.kind, event.run.id];
  }
}

/**
 * Watches from the start of the store. After each event `next` may do something, and says whether to
 * go on.
 */
async function watched(
  store: Store,
  next: (event: StoreEvent, events: readonly StoreEvent[]) => boolean | Promise<boolean>,
  options: { after?: string; runId?: string } = {},
): Promise<StoreEvent[]> {
  const events: StoreEvent[] = [];
  for await (const event of store.watch({ after: "0-0-0", ...options })) {
    events.push(event);
    if (!await next(event, events)) break;
  }
  return events;
}

Deno.test("a run is seen from its start to its removal", () =>
  withStore(async (store) => {
    const run = await store.startRun({ id: "r" });
    await store.metrics.log("r", { loss: 0.5, acc: NaN }, { step: 3 });
    await run.put("w", "w");
    await run.registerModel("net", { artifact: "w" });
    const events = await watched(store, async ({ kind }, { length }) => {
      if (length === 4) await run.end();
      if (length === 5) await store.runs.remove("r", { force: true });
      return kind !== "removed";
    });
    assert.deepEqual(events.slice(0, 4).map(tell).toSorted(), [
      ["artifact", "r"],
      ["metrics", "r", [
        { key: "acc", value: NaN, step: 3 },
        { key: "loss", value: 0.5, step: 3 },
      ]],
      ["model", "net"],
      ["run", "r", "running"],
    ]);
    assert.deepEqual(tell(events[4]!), ["run", "r", "completed"]);
    // The version is removed first.
    assert.deepEqual(events.slice(5).map(tell), [["model", "net"], ["removed", "r"]]);
  }));

testOnSqlite("what another program writes is seen, points and replaced tags too", async () => {
  const dir = await Deno.makeTempDir();
  try {
    const path = `${dir}/a.db`;
    await using store = await openStore({ path });
    const other = new DatabaseSync(path);
    other.exec("INSERT INTO runs (id, status, start_time) VALUES ('x', 'running', 1)");
    const events = await watched(store, (event, { length }) => {
      if (length === 1) {
        other.exec(
          "INSERT INTO metrics (run_id, key, value, step, timestamp) VALUES ('x', 'a', 1, 7, 1)",
        );
      }
      if (event.kind === "metrics") {
        for (const value of ["1", "2"]) {
          for (const [how, key] of [["REPLACE", "k"], ["IGNORE", "j"]]) {
            other.exec(`INSERT OR ${how} INTO tags VALUES ('x', '${key}', '${value}')`);
          }
        }
      }
      return length < 3;
    });
    other.close();
    assert.deepEqual(events.map(tell), [
      ["run", "x", "running"],
      ["metrics", "x", [{ key: "a", value: 1, step: 7 }]],
      ["run", "x", "running"],
    ]);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("who goes on behind an event misses nothing and sees only what is newer", () =>
  withStore(async (store) => {
    await store.startRun({ id: "a" });
    await store.startRun({ id: "b" });
    const [, { id: after } = { id: "" }] = await watched(store, (_, { length }) => length < 2);
    await store.startRun({ id: "c" });
    await store.metrics.log("c", { loss: 1 });
    const missed = await watched(store, ({ kind }) => kind !== "metrics", { after });
    assert.deepEqual(missed.map((event) => tell(event)[1]), ["c", "c"]);
    // Only the last event of several that were found together has the place behind them.
    const again = await watched(store, ({ kind }) => kind !== "metrics", { after: missed[0]!.id });
    assert.deepEqual(again.map(tell), missed.map(tell));
    const ofRun = await watched(store, () => false, { runId: "b" });
    assert.deepEqual(ofRun.map((event) => tell(event)[1]), ["b"]);
    assert.throws(() => store.watch({ after: "nope" }), InvalidOptionError);
  }));

Deno.test("a removal that gives numbers of rows again hides no points of a running run", () =>
  withStore(async (store) => {
    const [kept, removed] = [
      await store.startRun({ id: "kept" }),
      await store.startRun({ id: "gone" }),
    ];
    await store.metrics.log(removed.id, { loss: 1 });
    const { id: after } = (await watched(store, ({ kind }) => kind !== "metrics")).at(-1)!;
    await store.runs.remove(removed.id);
    await store.metrics.log(kept.id, { loss: 2 });
    const events = await watched(store, ({ kind }) => kind !== "metrics", { after });
    assert.deepEqual(events.map((event) => tell(event).slice(0, 2)), [
      ["removed", "gone"],
      ["metrics", "kept"],
    ]);
  }));

Deno.test("many watch at once, each until its signal or the end of the store", () =>
  withStore(async (store) => {
    await store.startRun();
    const ending = new AbortController();
    let first = 0;
    const all = Promise.withResolvers<void>();
    const watching = Array.from({ length: 20 }, async (_, at) => {
      const signal = at === 0 ? { signal: ending.signal } : {};
      const kinds: string[] = [];
      for await (const { kind } of store.watch({ after: "0-0-0", ...signal })) {
        kinds.push(kind);
        if (++first === 20) all.resolve();
      }
      return kinds;
    });
    await all.promise;
    ending.abort();
    await watching[0];
    await store.close();
    for (const kinds of await Promise.all(watching)) assert.deepEqual(kinds, ["run"]);
  }));
