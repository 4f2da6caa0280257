/** Runs of an archive, prepared for storage. */
import type { StagedBytes } from "../bytes/byte_store.ts";
import type { RunDocument } from "../metadata/run_document.ts";

/** A run of the archive, prepared for storage, with its staged bytes. */
export interface PreparedRun {
  readonly archivedId: string;
  run: RunDocument;
  readonly staged: Map<string, StagedBytes>;
}

/**
 * Prepares runs for storage, parents before children. Runs that are each other's parents come in
 * any order.
 */
export function prepareRuns(runs: readonly RunDocument[], newIds: boolean): PreparedRun[] {
  const ids = new Map(runs.map(({ id }) => [id, newIds ? crypto.randomUUID() : id]));
  const renew = <T extends { readonly id: string }>(item: T): T =>
    newIds ? { ...item, id: crypto.randomUUID() } : item;
  const byId = new Map(runs.map((run) => [run.id, run]));
  const prepared = new Map<string, PreparedRun>();
  const add = (run: RunDocument) => {
    const artifacts = run.artifacts.map(renew);
    const indexOf = new Map(run.artifacts.map(({ id }, at) => [id, at]));
    prepared.set(run.id, {
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
  for (const run of runs) for (const next of lineOf(run, byId, prepared)) add(next);
  return [...prepared.values()];
}

/**
 * Returns a run preceded by its ancestors that are not prepared yet. Not recursive, so any depth
 * works.
 */
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
