/** State of the store, shared by the whole page. */
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

/** Names of experiments by the ids that MLflow's clients know them by. */
const namesById = new Map<string, string>();

/**
 * Finds the name of an experiment from what an address calls it: a name, or an id of MLflow's. It is
 * the reference itself where nothing is known by it.
 */
export async function findExperiment(reference: string, signal: AbortSignal): Promise<string> {
  const info = storeInfo.get() ?? await get<StoreInfo>("/api/store", {}, signal);
  const own = info.experiments.find(({ id, name }) => id === reference || name === reference);
  if (own) return own.name;
  const known = namesById.get(reference);
  if (known !== undefined) return known;
  const answer = await get<{ experiment: { name: string } }>(
    "/ajax-api/2.0/mlflow/experiments/get",
    { experiment_id: reference },
    signal,
  ).catch(() => undefined);
  // The protocol writes the name of the first experiment in its own way.
  const name = answer?.experiment.name === "Default" ? "default" : answer?.experiment.name;
  if (name !== undefined) namesById.set(reference, name);
  return name ?? reference;
}

/** What addresses call an experiment. */
export function experimentReference(name: string): string {
  return storeInfo.get()?.experiments.find((experiment) => experiment.name === name)?.id ?? name;
}
