/** Makes artifacts of the same bytes share one file, by hard links; the layout stays as it is. */
import type { ArtifactIndex, ArtifactRecord } from "../metadata/artifact_index.ts";
import type { ByteStore, Progress } from "../bytes/byte_store.ts";
import { fileOf, keep, type Keeper, stage } from "../artifacts/duplicates.ts";

/** How to make artifacts share files. */
export interface DedupOptions {
  /**
   * Whether to tell only what would be shared.
   *
   * @default {false}
   */
  readonly dryRun?: boolean;
  /** Stops the work; what has been shared stays so. */
  readonly signal?: AbortSignal;
  /** Told of the bytes looked at so far: those of all artifacts that have a twin. */
  readonly onProgress?: (progress: Progress) => void;
}

/** What has come of it, or, with `dryRun`, would come. */
export interface DedupReport {
  /** Artifacts that now share the file of another. */
  readonly shared: readonly ArtifactRecord[];
  /** Bytes freed by that. */
  readonly bytes: number;
  /** Artifacts that keep a file of their own though another has the same bytes: links are not possible. */
  readonly unshared: readonly ArtifactRecord[];
}

/** Shares what can be shared. */
export async function dedup(
  index: ArtifactIndex,
  bytes: ByteStore,
  { dryRun = false, signal, onProgress }: DedupOptions,
): Promise<DedupReport> {
  signal?.throwIfAborted();
  const groups = await twins(index);
  const total = groups.flat().reduce((sum, { size }) => sum + size, 0);
  const shared: ArtifactRecord[] = [];
  const unshared: ArtifactRecord[] = [];
  let [freed, done] = [0, 0];
  for (const group of groups) {
    const files = countFiles(group, bytes);
    let keeper: Keeper | undefined;
    for (const record of group) {
      signal?.throwIfAborted();
      if (keeper === undefined) keeper = await keep(record, bytes, dryRun, signal);
      else if (fileOf(record, bytes) !== keeper.file) {
        const outcome = dryRun ? "shared" : await share(record, keeper, index, bytes);
        if (outcome === "shared") {
          shared.push(record);
          // The file has one more name now; its first one may be removed meanwhile.
          if (!dryRun) keeper = { record, file: keeper.file };
        } else if (outcome !== "gone") {
          if (outcome === "no link") unshared.push(record);
          // Perhaps its file has as many names as there can be: the next ones share another.
          keeper = await keep(record, bytes, dryRun, signal) ?? keeper;
        }
      }
      onProgress?.({ bytes: done += record.size, total });
    }
    freed += group[0]!.size * (files - (dryRun ? 1 : countFiles(group, bytes)));
  }
  return { shared, bytes: freed, unshared };
}

/** Artifacts with the same bytes as another, together with it. */
async function twins(index: ArtifactIndex): Promise<ArtifactRecord[][]> {
  const groups = new Map<string, ArtifactRecord[]>();
  for (const { record, problem, replacement } of await index.list({})) {
    if (problem || replacement || record.size === 0) continue;
    const key = `${record.hash} ${record.size}`;
    const group = groups.get(key);
    if (group) group.push(record);
    else groups.set(key, [record]);
  }
  return [...groups.values()].filter((group) => group.length > 1);
}

/** How many files the artifacts have between them. */
function countFiles(group: readonly ArtifactRecord[], bytes: ByteStore): number {
  const files = group.map((record) => fileOf(record, bytes)).filter((file) => file !== undefined);
  return new Set(files).size;
}

/**
 * Has an artifact share a file.
 *
 * @returns `"no link"` where that is not possible, `"gone"` where the artifact has been removed or
 * replaced meanwhile, `"keeper gone"` where that has become of the file to share.
 */
async function share(
  record: ArtifactRecord,
  keeper: Keeper,
  index: ArtifactIndex,
  bytes: ByteStore,
): Promise<"shared" | "no link" | "gone" | "keeper gone"> {
  const staged = await stage(keeper, bytes);
  if (!staged) return fileOf(keeper.record, bytes) === keeper.file ? "no link" : "keeper gone";
  try {
    // Whatever file it had, what it gets is what its row says.
    const renewed = await index.renew(record, (path) => bytes.replace(staged, path));
    return renewed ? "shared" : "gone";
  } finally {
    staged.discard();
  }
}
