/**
 * Does one operation below the shim: `system_fault_child.ts DIR OPERATION END`. Prints what came of each of
 * its parts, as lines of JSON. With `kill` for END it then kills itself; with `close`, the disk works
 * again, and the same store must go on. `open` and `create` fail while they open the store.
 */
import { join } from "@std/path";
import { ChachamlError, openStore, type Store } from "@chachaml/store";
import { CONTENT } from "./crash_content.ts";
import { type Note, OPERATIONS } from "./system_fault_operations.ts";
import { shim } from "./shim_control.ts";

const [dir, operation, end] = Deno.args as [string, string, "kill" | "close"];

const note: Note = async (what, work) => {
  let problem: string | undefined;
  let known = true;
  try {
    await work();
  } catch (error) {
    problem = `${(error as Error).name}: ${(error as Error).message}`;
    known = error instanceof ChachamlError;
  }
  console.log(JSON.stringify({ what, problem, known }));
};

const open = (path: string) => openStore({ path: join(dir, path), driver: "builtin" });

async function useOpened(store: Store): Promise<void> {
  // For the second backup, which would have nothing to copy.
  if (operation === "backup") await store.artifacts.put("other", "newer", CONTENT.old);
  shim(dir, "arm");
  await OPERATIONS[operation]!(store, dir, note);
  if (end === "kill") Deno.kill(Deno.pid, "SIGKILL");
  shim(dir, "disarm");
  // What a later backup finds is known only without it.
  if (operation !== "backup") {
    await note("put after", () => store.artifacts.put("other", "after", "the disk works again"));
  }
  await store.close();
}

async function useOpening(path: string): Promise<void> {
  shim(dir, "arm");
  let store: Store | undefined;
  await note(operation, async () => store = await open(path));
  if (end === "kill") Deno.kill(Deno.pid, "SIGKILL");
  shim(dir, "disarm");
  if (!store) await note("open again", async () => store = await open(path));
  await store?.close();
}

if (operation === "open") await useOpening("t.db");
else if (operation === "create") await useOpening("new/deep/t.db");
else await useOpened(await open("t.db"));
