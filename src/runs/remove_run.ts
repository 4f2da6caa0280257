import type { RemoveOptions } from "../artifacts/artifacts.ts";
import { assertString } from "../base/assert.ts";
import { RunStateError } from "../base/errors.ts";
import { option, phrase } from "../base/phrase.ts";
import type { StoreContext } from "../context/compose.ts";
import type { RunStore } from "../metadata/run_store.ts";

/** Options for removing a run. */
export interface RemoveRunOptions extends RemoveOptions {
  /**
   * Whether to also remove its child runs, at any depth.
   *
   * @default {false}
   */
  readonly children?: boolean;
}

/**
 * Removes a run, and its children on request, and yields the ids of removed runs. See {@linkcode
 * Runs.remove}.
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
  // Children first: an interruption leaves no run without its parent.
  for (const member of family.toReversed()) {
    await artifacts.removeRun(runs, member, force);
    yield member;
  }
}

/** Returns a run and its descendants; each after its parent. */
async function familyOf(runs: RunStore, id: string): Promise<string[]> {
  const family = new Set([id]);
  // Iterating a `Set` visits items added meanwhile, and visits none twice, even if parents form a
  // cycle.
  for (const parentId of family) {
    const children = await runs.list({ parentId, archived: "include" });
    for (const child of children) family.add(child.id);
  }
  return [...family];
}
