import type { RemoveOptions } from "../artifacts/artifacts.ts";
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

/** A run and those that are part of it, at any depth; each after the run that it is part of. */
export async function familyOf(runs: RunStore, id: string): Promise<string[]> {
  const family = new Set([id]);
  // A set gives what is added meanwhile, too, and nothing twice, whatever another program has written.
  for (const parentId of family) {
    const children = await runs.list({ parentId, archived: "include" });
    for (const child of children) family.add(child.id);
  }
  return [...family];
}
