/** Artifacts of a run, as people name several: by a pattern, a directory, or all. */
import type { Artifact } from "../artifacts/artifact.ts";
import type { Store } from "../store/store.ts";
import { UsageError } from "./command.ts";

/** Names that stand for all artifacts of a run. */
const ALL: readonly string[] = [".", "./", "/"];

/** Whether a name stands for several artifacts: a directory, a pattern or the whole run. */
export async function namesSeveral(store: Store, runId: string, name: string): Promise<boolean> {
  if (ALL.includes(name) || name.endsWith("/")) return true;
  return /[*?]/.test(name) && !await store.artifacts.has(runId, name);
}

/**
 * The artifacts that a name stands for: `plots/` for those of a directory, `plots/*` for those that
 * match, `./` for all; any other name for the artifact of this name.
 *
 * @throws {ArtifactNotFoundError} If there is no artifact of a name that stands for one.
 * @throws {UsageError} If a name that stands for several has none.
 */
export async function selectArtifacts(
  store: Store,
  runId: string,
  name: string,
): Promise<Artifact[]> {
  if (!await namesSeveral(store, runId, name)) return [await store.artifacts.get(runId, name)];
  const found = ALL.includes(name)
    ? await store.artifacts.list(runId)
    : name.endsWith("/")
    ? (await store.artifacts.list(runId)).filter((artifact) => artifact.name.startsWith(name))
    : await store.artifacts.find({ runId, name });
  if (found.length > 0) return found.sort((a, b) => a.name < b.name ? -1 : 1);
  throw new UsageError(
    ALL.includes(name)
      ? `run ${runId} has no artifacts`
      : name.endsWith("/")
      ? `run ${runId} has no artifacts below ${JSON.stringify(name)}; ` +
        `to save all of them there: get RUN ./ ${name}`
      : `run ${runId} has no artifact that matches ${JSON.stringify(name)}`,
  );
}
