/** Completions from the store: runs, artifacts, experiments, metrics, … */
import { MODEL_STAGES } from "../metadata/model.ts";
import type { Store } from "../store/store.ts";

/** Location of the store, as far as the words name it. */
export interface Place {
  path?: string;
  artifactDir?: string;
}

/** Access to the store. */
export interface Access {
  /** Opens the store, if it exists. */
  readonly open: (place: Place) => Promise<Store>;
  /** Resolves a run reference to an id. */
  readonly runId: (store: Store, ref: string) => Promise<string>;
}

/** Words that refer to runs without an id. */
export const RUN_WORDS: readonly string[] = ["@last", "@run"];

/** Shells with completion support. */
export const SHELLS: readonly string[] = ["bash", "zsh", "fish"];

/** Maximum number of runs offered. */
const MANY = 200;

/** Number of newest runs whose metrics and params are offered. */
const LOOKED_AT = 20;

/** Returns the values of a kind; an empty array if there is no store. */
export async function valuesOf(
  kind: string,
  args: readonly string[],
  place: Place,
  access: Access,
): Promise<readonly string[]> {
  if (kind === "stage") return MODEL_STAGES;
  if (kind === "shell") return SHELLS;
  try {
    return await storedValues(kind, args, await access.open(place), access);
  } catch {
    return [];
  }
}

async function storedValues(
  kind: string,
  args: readonly string[],
  store: Store,
  { runId }: Pick<Access, "runId">,
): Promise<readonly string[]> {
  switch (kind) {
    case "run": {
      const runs = await store.runs.list({ limit: MANY });
      return [...runs.map(({ id }) => id), ...RUN_WORDS];
    }
    case "artifact": {
      const artifacts = await store.artifacts.list(await runId(store, args.at(-1)!));
      return artifacts.map(({ name }) => name);
    }
    case "experiment":
      return (await store.experiments.list()).map(({ name }) => name);
    case "model":
      return (await store.models.list()).map(({ name }) => name);
    case "version": {
      const versions = await store.models.versions(args.at(-1)!);
      return versions.map(({ version }) => String(version));
    }
    case "key":
      return (await store.metrics.summary(await runId(store, args[0]!))).map(({ key }) => key);
    case "run-or-metric":
      return [
        ...await storedValues("key", args, store, { runId }),
        ...await storedValues("run", args, store, { runId }),
      ];
    case "metric":
      return await recentNames(
        store,
        async (id) => (await store.metrics.summary(id)).map(({ key }) => key),
      );
    case "param":
      return await recentNames(store, async (id) => Object.keys(await store.runs.params(id)));
    case "column":
      return [
        ...await recentNames(store, async (id) => Object.keys(await store.runs.params(id))),
        ...await recentNames(
          store,
          async (id) => (await store.metrics.summary(id)).map(({ key }) => key),
        ),
      ];
  }
  return [];
}

async function recentNames(
  store: Store,
  namesOf: (id: string) => Promise<string[]>,
): Promise<string[]> {
  const names = new Set<string>();
  for (const { id } of await store.runs.list({ limit: LOOKED_AT })) {
    for (const name of await namesOf(id)) names.add(name);
  }
  return [...names].sort();
}
