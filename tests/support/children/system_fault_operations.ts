/** What is done while calls fail. Each part is noted, with what came of it. */
import { join } from "@std/path";
import type { Store } from "@chachaml/store";
import { CONTENT } from "./crash_content.ts";

/** Does a part of an operation and notes whether it was refused. */
export type Note = (what: string, work: () => Promise<unknown>) => Promise<void>;

/** One operation: on a store, in a directory that has also what `prepare` has made. */
export type Operation = (store: Store, dir: string, note: Note) => Promise<unknown>;

const replace = { ifExists: "replace" } as const;

/** Bytes that come in several pieces, but few. */
export const LARGE = CONTENT.large.subarray(0, 600_000);

/** Operations by name. */
export const OPERATIONS: Record<string, Operation> = {
  put: (store, _, note) => note("put new", () => store.artifacts.put("run", "new", CONTENT.small)),
  nested: (store, _, note) =>
    note("put deep/er/new", () => store.artifacts.put("run", "deep/er/new", CONTENT.small)),
  large: (store, _, note) =>
    note("put large", () => store.artifacts.put("run", "large", new Blob([LARGE]).stream())),
  move: (store, dir, note) =>
    note(
      "move",
      () => store.artifacts.putFile("run", "new", join(dir, "t.db.source"), { move: true }),
    ),
  together: (store, _, note) =>
    Promise.all(
      ["a", "b", "c/d"].map((name) =>
        note(`put new/${name}`, () => store.artifacts.put("run", `new/${name}`, CONTENT.small))
      ),
    ),
  directory: (store, dir, note) =>
    note(
      "put directory",
      () => store.artifacts.putDirectory("run", join(dir, "t.db.directory")),
    ),
  replace: (store, _, note) =>
    note("replace", () => store.artifacts.put("run", "old", CONTENT.small, replace)),
  remove: (store, _, note) => note("remove", () => store.artifacts.remove("run", "deep/old")),
  removeRun: (store, _, note) => note("removeRun", () => store.runs.remove("run")),
  gc: (store, _, note) => note("gc", () => store.gc({ grace: 0 })),
  prune: (store, _, note) => note("prune", () => store.runs.prune({ status: "completed" })),
  dedup: (store, _, note) => note("dedup", () => store.dedup()),
  twin: (store, _, note) =>
    note(
      "put twin",
      () => store.artifacts.put("other", "twin", CONTENT.old, { dedup: true }),
    ),
  linked: (store, dir, note) =>
    note("linked", () => store.backup(join(dir, "linked"), { link: true })),
  backup: (store, dir, note) => note("backup", () => store.backup(join(dir, "backup"))),
  metrics: async (store, _, note) => {
    await note("points", () => store.metrics.log("other", { loss: 0.5, accuracy: 0.9 }));
    await note("more points", () => store.metrics.log("other", { loss: 0.25 }, { step: 1 }));
  },
  end: (store, _, note) => note("end", () => store.runs.end("other")),
  start: (store, _, note) =>
    note("start", () => store.startRun({ id: "started", environment: false })),
  import: (store, dir, note) =>
    note("import", async () => {
      const archive = await Deno.open(join(dir, "../archive.tar"));
      await store.import(archive.readable, { newIds: true });
    }),
};
