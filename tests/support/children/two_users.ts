/**
 * Uses a store as another user: `two_users.ts DIR UID GID UMASK PART`. Root starts it, so that every
 * module can be read; it has loaded them all before it becomes that user.
 */
import { join } from "@std/path";
import { openStore, type Store } from "@chachaml/store";

const [dir, uid, gid, umask, part] = Deno.args as [string, string, string, string, string];

function becomeUser(): void {
  const libc = Deno.dlopen("libc.so.6", {
    setgroups: { parameters: ["u64", "pointer"], result: "i32" },
    setgid: { parameters: ["u32"], result: "i32" },
    setuid: { parameters: ["u32"], result: "i32" },
  });
  const { setgroups, setgid, setuid } = libc.symbols;
  const results = [setgroups(0n, null), setgid(Number(gid)), setuid(Number(uid))];
  libc.close();
  if (results.some((result) => result !== 0)) throw new Error("cannot become another user");
  Deno.umask(parseInt(umask, 8));
}

async function useAll(store: Store, part: string): Promise<void> {
  const { artifacts } = store;
  const run = await store.startRun({ id: part, environment: false });
  await artifacts.put("shared", `of/all/${part}`, part).catch(async (error) => {
    if (error.code !== "run-not-found") throw error;
    await store.startRun({ id: "shared", environment: false });
    await artifacts.put("shared", `of/all/${part}`, part);
  });
  await artifacts.put("shared", "latest", part, { ifExists: "replace" });
  await artifacts.put(run.id, "twin", "the same bytes", { dedup: true });
  await artifacts.put(run.id, "gone", part);
  await artifacts.remove(run.id, "gone");
  await store.metrics.log("shared", { loss: 1 }, { step: part.length });
  await store.dedup();
  await store.gc({ grace: 0 });
  await store.runs.end(run.id);
}

const made = await Deno.makeTempDir();
try {
  // Loads what is loaded on first use.
  await using warm = await openStore({ path: join(made, "t.db"), driver: "builtin" });
  await useAll(warm, "warm");
  await warm.backup(join(made, "backup"));
} finally {
  await Deno.remove(made, { recursive: true });
}
becomeUser();
await using store = await openStore({ path: join(dir, "t.db"), driver: "builtin" });
await useAll(store, part);
await store.backup(join(dir, `backup-${part}`));
