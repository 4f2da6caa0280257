/** Selection of several artifacts of a run: by pattern, directory, or all. */
import type { Artifact } from "../artifacts/artifact.ts";
import type { Store } from "../store/store.ts";
import { UsageError } from "./command.ts";

/** Names for all artifacts of a run. */
const ALL: readonly string[] = [".", "./", "/"];

/** Whether a name selects several artifacts: a directory, a pattern, or the whole run. */
export async function selectsSeveral(store: Store, runId: string, name: string): Promise<boolean> {
  if (ALL.includes(name) || name.endsWith("/")) return true;
  return /[*?]/.test(name) && !await store.artifacts.has(runId, name);
}

/**
 * Selects artifacts: `plots/` for a directory, `plots/*` for a pattern, `./` for all; any other
 * name for one artifact.
 *
 * @throws {ArtifactNotFoundError} If a single artifact does not exist.
 * @throws {UsageError} If a selection of several is empty.
 */
export async function selectArtifacts(
  store: Store,
  runId: string,
  name: string,
): Promise<Artifact[]> {
  if (!await selectsSeveral(store, runId, name)) return [await store.artifacts.get(runId, name)];
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
