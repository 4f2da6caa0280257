/** Model versions by user-supplied names: `iris@production`, `iris@3`. */
import { MODEL_STAGES, type ModelStage, type ModelVersion } from "../metadata/model.ts";
import type { Store } from "../store/store.ts";

/** Resolves a reference to a model version; `undefined` if it is not one. */
export async function resolveModel(store: Store, ref: string): Promise<ModelVersion | undefined> {
  const [, name, which] = /^([^@].*)@([^@]+)$/s.exec(ref) ?? [];
  if (name === undefined || which === undefined) return undefined;
  const isStage = (MODEL_STAGES as readonly string[]).includes(which);
  if (!isStage && !/^\d+$/.test(which)) return undefined;
  return await store.models.find(
    name,
    isStage ? { stage: which as ModelStage } : { version: Number(which) },
  );
}
