/**
 * Backs up or restores a store and kills itself just before the n-th call by which it changes a
 * file or a database: `backup_crash_child.ts PATH OPERATION BACKUP N`. Prints how many calls there
 * were if it gets to the end.
 */
import { DatabaseSync } from "node:sqlite";
import { openStore, restoreStore } from "@chachaml/store";

const [path, operation, backup, fatal] = Deno.args as [
  string,
  keyof typeof OPERATIONS,
  string,
  string,
];

let calls = 0;

type Counts = (args: unknown[], self: unknown) => boolean;

/** Replaces a method by one that counts its calls, and does not survive the fatal one. */
function watch(target: object, name: string, counts: Counts = () => true) {
  const methods = target as Record<string, (...args: unknown[]) => unknown>;
  const original = methods[name]!;
  methods[name] = function (this: unknown, ...args: unknown[]) {
    if (counts(args, this) && ++calls === Number(fatal)) Deno.kill(Deno.pid, "SIGKILL");
    return original.apply(this, args);
  };
}

const OPERATIONS = {
  backup: async () => {
    // Read-only, so that all that is counted happens where the backup is.
    await using store = await openStore({ path, driver: "builtin", readOnly: true });
    await store.backup(backup);
  },
  restore: () => restoreStore(backup, { path, driver: "builtin" }),
  restoreDatabase: () => restoreStore(backup, { path, driver: "builtin", database: true }),
};

const writes = (options: unknown) => (options as { write?: boolean } | undefined)?.write === true;
for (const name of ["link", "remove", "mkdir", "rename", "chmod", "copyFile", "writeTextFile"]) {
  watch(Deno, name);
  watch(Deno, `${name}Sync`);
}
watch(Deno, "openSync", ([, options]) => writes(options));
// Syncing is no step: whether it has been done makes no difference to a process that is killed.
for (const name of ["write", "writeSync"]) watch(Deno.FsFile.prototype, name);
watch(DatabaseSync.prototype, "close");
const statement = new DatabaseSync(":memory:").prepare("SELECT 1");
const isCommit = (self: unknown) => (self as { sourceSQL: string }).sourceSQL === "COMMIT";
watch(Object.getPrototypeOf(statement), "run", (_, self) => isCommit(self));

await OPERATIONS[operation]();
console.log(calls);
