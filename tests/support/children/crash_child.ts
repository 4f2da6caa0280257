/**
 * Does one operation on a store and kills itself just before the n-th call by which it changes a
 * file or the database: `crash_child.ts PATH OPERATION N`. Prints how many calls there were if it
 * gets to the end. With 0 for N it is killed by someone else, who says when to begin: it makes the
 * file `PATH.ready`, and waits for `PATH.go`.
 */
import { DatabaseSync } from "node:sqlite";
import { dirname, join } from "@std/path";
import { openStore, type Store } from "@chachaml/store";
import { CONTENT } from "./crash_content.ts";

const [path, operation, fatal] = Deno.args as [string, keyof typeof OPERATIONS, string];

let calls = 0;
let armed = false;

/** Replaces a method by one that counts its calls, and does not survive the fatal one. */
function watch(target: object, name: string, counts: (args: unknown[]) => boolean = () => true) {
  const methods = target as Record<string, (...args: unknown[]) => unknown>;
  const original = methods[name]!;
  methods[name] = function (this: unknown, ...args: unknown[]) {
    if (armed && counts(args) && ++calls === Number(fatal)) Deno.kill(Deno.pid, "SIGKILL");
    return original.apply(this, args);
  };
}

const writes = (options: unknown) => (options as { write?: boolean } | undefined)?.write === true;
for (const name of ["linkSync", "removeSync", "mkdirSync", "renameSync", "chmodSync"]) {
  watch(Deno, name);
}
watch(Deno, "openSync", ([, options]) => writes(options));
for (const name of ["write", "writeSync", "sync", "syncData"]) watch(Deno.FsFile.prototype, name);
const statement = new DatabaseSync(":memory:").prepare("SELECT 1");
watch(Object.getPrototypeOf(statement), "run");

const OPERATIONS = {
  put: (store: Store) => store.artifacts.put("run", "new", CONTENT.small),
  nested: (store: Store) => store.artifacts.put("run", "deep/er/new", CONTENT.small),
  large: (store: Store) => store.artifacts.put("run", "new", new Blob([CONTENT.large]).stream()),
  move: (store: Store) => store.artifacts.putFile("run", "new", `${path}.source`, { move: true }),
  together: (store: Store) =>
    Promise.all(
      ["a", "b", "c/d"].map((name) => store.artifacts.put("run", `new/${name}`, CONTENT.small)),
    ),
  directory: (store: Store) => store.artifacts.putDirectory("other", `${path}.directory`),
  merge: (store: Store) => store.artifacts.putDirectory("run", `${path}.directory`),
  replace: (store: Store) =>
    store.artifacts.put("run", "old", CONTENT.small, { ifExists: "replace" }),
  remove: (store: Store) => store.artifacts.remove("run", "deep/old"),
  gc: (store: Store) => store.gc({ grace: 0 }),
  removeRun: (store: Store) => store.runs.remove("run"),
  prune: (store: Store) => store.runs.prune({ status: "completed" }),
  backup: (store: Store) => store.backup(join(dirname(path), "backup")),
};

const store = await openStore({ path, driver: "builtin" });
if (operation === "backup") await store.artifacts.put("other", "newer", CONTENT.old);
if (fatal === "0") {
  await Deno.writeTextFile(`${path}.ready`, "");
  while (!await Deno.lstat(`${path}.go`).then(() => true, () => false)) {
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
armed = true;
await OPERATIONS[operation](store);
armed = false;
await store.close();
console.log(calls);
