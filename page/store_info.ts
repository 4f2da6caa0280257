/** What the whole page knows of the store. */
import { get } from "./api.ts";
import { cell } from "./cell.ts";
import type { StoreInfo } from "./types.ts";

/** The store, once it has answered. */
export const storeInfo = cell<StoreInfo | undefined>(undefined);

/** Why it has not. */
export const storeProblem = cell<string | undefined>(undefined);

/** Asks for it. */
export async function loadStoreInfo(): Promise<void> {
  try {
    storeInfo.set(await get<StoreInfo>("/api/store"));
    storeProblem.set(undefined);
  } catch (error) {
    storeProblem.set(error instanceof Error ? error.message : String(error));
  }
}

/** Whether the user may change anything. */
export function canWrite(): boolean {
  const info = storeInfo.get();
  return info !== undefined && !info["read-only"] && info.role !== "reader";
}

/** The name of an experiment from what an address calls it: an id of MLflow's or a name. */
export function experimentName(reference: string | undefined): string | undefined {
  if (reference === undefined) return undefined;
  const found = storeInfo.get()?.experiments.find(({ id }) => id === reference);
  return found?.name ?? reference;
}

/** What addresses call an experiment. */
export function experimentReference(name: string): string {
  return storeInfo.get()?.experiments.find((experiment) => experiment.name === name)?.id ?? name;
}
