import { readChanges } from "../../runs/git.ts";
import type { RunHandle } from "../../runs/run_handle.ts";

/** Name of the artifact with uncommitted changes. */
const NAME = "git.diff";

/** Stores uncommitted changes of tracked files, if there are any. */
export async function storeDiff(run: RunHandle): Promise<void> {
  const patch = await readChanges();
  if (patch !== undefined) await run.put(NAME, patch, { contentType: "text/x-diff" });
}
