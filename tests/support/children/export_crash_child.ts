/**
 * Imports an archive into a store, or makes its artifacts share files, and kills itself just before
 * the n-th call by which it changes a file or the database: `export_crash_child.ts PATH OPERATION
 * ARCHIVE N`. Prints how many calls there were if it gets to the end.
 */
import { DatabaseSync } from "node:sqlite";
import { openStore, type Store } from "@chachaml/store";

const [path, operation, archive, fatal] = Deno.args as [
  string,
  keyof typeof OPERATIONS,
  string,
  string,
];

let calls = 0;
let armed = false;

type Counts = (args: unknown[], self: unknown) => boolean;

/** Replaces a method by one that counts its calls, and does not survive the fatal one. */
function watch(target: object, name: string, counts: Counts = () => true) {
  const methods = target as Record<string, (...args: unknown[]) => unknown>;
  const original = methods[name]!;
  methods[name] = function (this: unknown, ...args: unknown[]) {
    if (armed && counts(args, this) && ++calls === Number(fatal)) Deno.kill(Deno.pid, "SIGKILL");
    return original.apply(this, args);
  };
}

const writes = (options: unknown) => (options as { write?: boolean } | undefined)?.write === true;
for (const name of ["linkSync", "removeSync", "mkdirSync", "renameSync", "chmodSync"]) {
  watch(Deno, name);
}
watch(Deno, "openSync", ([, options]) => writes(options));
// Syncing is no step: whether it has been done makes no difference to a process that is killed.
for (const name of ["write", "writeSync"]) watch(Deno.FsFile.prototype, name);
const statement = new DatabaseSync(":memory:").prepare("SELECT 1");
// Statements before it are no steps either: what is not committed has never been.
const isCommit = (self: unknown) => (self as { sourceSQL: string }).sourceSQL === "COMMIT";
watch(Object.getPrototypeOf(statement), "run", (_, self) => isCommit(self));

const OPERATIONS = {
  import: async (store: Store) => void await store.import((await Deno.open(archive)).readable),
  dedup: async (store: Store) => void await store.dedup(),
};

const store = await openStore({ path, driver: "builtin", durability: "relaxed" });
armed = true;
await OPERATIONS[operation](store);
armed = false;
await store.close();
console.log(calls);
