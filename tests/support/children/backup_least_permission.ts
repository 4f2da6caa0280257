/**
 * Backs up or restores a store with no permission but for the directories it is told of:
 * `backup_least_permission.ts HOW PATH BACKUP`. Prints what has come of it, as JSON.
 */
import { openStore, restoreStore } from "@chachaml/store";

const [how, path, backup] = Deno.args as [string, string, string];

if (how === "restore") {
  const { restored, failed, database } = await restoreStore(backup, { path });
  console.log(JSON.stringify({ done: restored.length, failed: failed.length, database }));
} else {
  await using store = await openStore({ path, readOnly: how === "backup read-only" });
  const { copied, omitted, check } = await store.backup(backup, { check: true });
  console.log(JSON.stringify({ done: copied, failed: omitted.length, check: check?.damaged }));
}
