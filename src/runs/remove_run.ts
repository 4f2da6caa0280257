import type { RemoveOptions } from "../artifacts/artifacts.ts";
import { assertString } from "../base/assert.ts";
import { RunStateError } from "../base/errors.ts";
import { option, phrase } from "../base/phrase.ts";
import type { StoreContext } from "../context/compose.ts";
import type { RunStore } from "../metadata/run_store.ts";

/** How to remove a run. */
export interface RemoveRunOptions extends RemoveOptions {
  /**
   * Whether the runs that are part of it are removed with it.
   *
   * @default {false}
   */
  readonly children?: boolean;
}

/**
 * Removes a run, and those that are part of it if that is asked for, and gives the ids of those that
 * are gone. See {@linkcode Runs.remove}.
 */
export async function* removeRun(
  { metadata: { runs }, artifacts }: Pick<StoreContext, "metadata" | "artifacts">,
  id: string,
  { force = false, children = false }: RemoveRunOptions,
): AsyncGenerator<string> {
  assertString("a run id", id);
  const family = await familyOf(runs, id);
  if (family.length > 1 && !children) {
    const count = `${family.length - 1} ${family.length === 2 ? "run is" : "runs are"}`;
    const state = phrase`${count} part of it; pass ${option("children", true)} to remove them too`;
    throw new RunStateError("remove", id, state);
  }
  // Children first: whatever stops it, none is left without its parent.
  for (const member of family.toReversed()) {
    await artifacts.removeBytes(await runs.remove(member, force));
    yield member;
  }
}

/** A run and those that are part of it, at any depth; each after the run that it is part of. */
async function familyOf(runs: RunStore, id: string): Promise<string[]> {
  const family = new Set([id]);
  // A set gives what is added meanwhile, too, and nothing twice, whatever another program has written.
  for (const parentId of family) {
    const children = await runs.list({ parentId, archived: "include" });
    for (const child of children) family.add(child.id);
  }
  return [...family];
}
