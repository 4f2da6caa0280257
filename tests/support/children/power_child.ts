/**
 * Works on a store below the shim and marks each promise: `power_child.ts DIR STORY`. A mark
 * `begin {key, value}` says what is about to become of something, `end` that the call has resolved.
 */
import { dirname, join } from "@std/path";
import { openStore, type Store } from "@chachaml/store";
import { CONTENT } from "./crash_content.ts";
import { shim } from "./shim_control.ts";

const [dir, story] = Deno.args as [string, string];

/** Does a call that makes the things of `promises` have these values, `null` for none. */
async function promise(promises: Record<string, string | null>, work: () => Promise<unknown>) {
  shim(dir, `mark:begin ${JSON.stringify(promises)}`);
  await work();
  shim(dir, `mark:end ${JSON.stringify(promises)}`);
}

function put(store: Store, run: string, name: string, text: string, replace = false) {
  return promise(
    { [`artifact ${run}/${name}`]: text },
    () => store.artifacts.put(run, name, text, { ifExists: replace ? "replace" : "error" }),
  );
}

async function putDirectory(store: Store, run: string, names: readonly string[]) {
  const source = Deno.makeTempDirSync({ prefix: "chachaml-test-" });
  try {
    for (const name of names) {
      Deno.mkdirSync(dirname(join(source, name)), { recursive: true });
      Deno.writeTextFileSync(join(source, name), `${name} of a directory`);
    }
    const promised = names.map((name) => [`artifact ${run}/${name}`, `${name} of a directory`]);
    await promise(
      Object.fromEntries(promised),
      () => store.artifacts.putDirectory(run, source),
    );
  } finally {
    Deno.removeSync(source, { recursive: true });
  }
}

const STORIES: Record<string, () => Promise<void>> = {
  /** A store that is there, and all that changes it. */
  daily: async () => {
    await using store = await openStore({ path: join(dir, "t.db"), driver: "builtin" });
    await put(store, "run", "new", "first");
    await put(store, "run", "deep/er/than/before", "nested");
    await put(store, "run", "old", "replaced once", true);
    await put(store, "run", "old", "replaced twice, with more", true);
    await Promise.all(["a", "b", "x/c"].map((name) => put(store, "run", `many/${name}`, name)));
    await promise({ "run started": "running" }, () => store.startRun({ id: "started" }));
    await put(store, "started", "first/of/it", CONTENT.small);
    // Into a run that has none of these directories, and one that has some of them.
    await putDirectory(store, "started", ["x", "fresh/y", "fresh/deep/z"]);
    await putDirectory(store, "run", ["y", "many/x/d", "deep/fresh/z"]);
    await promise(
      { "artifact run/deep/old": null },
      () => store.artifacts.remove("run", "deep/old"),
    );
    await promise({ "points other": "1" }, () => store.metrics.log("other", { loss: 1 }));
    await promise({ "points other": "2" }, () => store.metrics.log("other", { loss: 2 }));
    await promise({ "run started": "completed" }, () => store.runs.end("started"));
    await promise({}, () => store.dedup());
    await promise({}, () => store.gc({ grace: 0 }));
    const gone = {
      "run started": null,
      ...Object.fromEntries(
        ["first/of/it", "x", "fresh/y", "fresh/deep/z"]
          .map((name) => [`artifact started/${name}`, null]),
      ),
    };
    await promise(gone, () => store.runs.remove("started"));
    await put(store, "run", "after/all", "last");
  },
  /** A store whose directories are all made for it. */
  creation: async () => {
    await using store = await openStore({
      path: join(dir, "new/deep/er/t.db"),
      artifactDir: join(dir, "elsewhere/just/as/deep"),
      driver: "builtin",
    });
    await promise({ "run first": "running" }, () => store.startRun({ id: "first" }));
    await put(store, "first", "a/b/c", "kept");
    await put(store, "first", "d", "kept as well");
  },
  /** A backup to a place that is not there, and a second one. */
  backups: async () => {
    await using store = await openStore({ path: join(dir, "t.db"), driver: "builtin" });
    const to = join(dir, "far/away/place");
    await put(store, "run", "one/more", "fourth");
    await promise({ backup: "4" }, () => store.backup(to));
    await put(store, "run", "two/more", "fifth");
    await promise({ "artifact run/old": null }, () => store.artifacts.remove("run", "old"));
    await promise({ backup: "4" }, () => store.backup(to));
  },
};

shim(dir, "arm");
await STORIES[story]!();
shim(dir, "disarm");
