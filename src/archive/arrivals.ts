/** The runs of an archive, as they are to be stored. */
import type { StagedBytes } from "../bytes/byte_store.ts";
import type { RunDocument } from "../metadata/run_document.ts";

/** A run of the archive, as it is to be stored, and its bytes so far. */
export interface Arrival {
  readonly archivedId: string;
  run: RunDocument;
  readonly staged: Map<string, StagedBytes>;
}

/** The runs as they are to be stored, parents first; of those that are each other's, any. */
export function arrange(runs: readonly RunDocument[], newIds: boolean): Arrival[] {
  const ids = new Map(runs.map(({ id }) => [id, newIds ? crypto.randomUUID() : id]));
  const renew = <T extends { readonly id: string }>(item: T): T =>
    newIds ? { ...item, id: crypto.randomUUID() } : item;
  const byId = new Map(runs.map((run) => [run.id, run]));
  const arrivals = new Map<string, Arrival>();
  const add = (run: RunDocument) => {
    const artifacts = run.artifacts.map(renew);
    const indexOf = new Map(run.artifacts.map(({ id }, at) => [id, at]));
    arrivals.set(run.id, {
      archivedId: run.id,
      run: {
        ...run,
        id: ids.get(run.id)!,
        parentId: run.parentId === null ? null : ids.get(run.parentId) ?? run.parentId,
        artifacts,
        datasets: run.datasets.map(renew),
        models: run.models?.map((version) => ({
          ...version,
          artifactId: artifacts[indexOf.get(version.artifactId) ?? -1]?.id ?? version.artifactId,
        })),
      },
      staged: new Map(),
    });
  };
  for (const run of runs) for (const next of lineOf(run, byId, arrivals)) add(next);
  return [...arrivals.values()];
}

/** A run with those above it that are still to come, the uppermost first; however many there are. */
function lineOf(
  run: RunDocument,
  byId: ReadonlyMap<string, RunDocument>,
  there: ReadonlyMap<string, unknown>,
): RunDocument[] {
  const line = new Set<RunDocument>();
  for (let next: RunDocument | undefined = run; next && !there.has(next.id) && !line.has(next);) {
    line.add(next);
    next = next.parentId === null ? undefined : byId.get(next.parentId);
  }
  return [...line].reverse();
}
