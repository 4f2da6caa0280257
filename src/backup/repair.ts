/** Restores only the files that a store has lost. */
import type { ArtifactRecord, IndexEntry } from "../metadata/artifact_index.ts";
import { asReader } from "../artifacts/artifact_reader.ts";
import type { Finding } from "../maintenance/findings.ts";
import { Verification } from "../maintenance/verify.ts";
import {
  ArtifactNotFoundError,
  ChachamlError,
  IntegrityError,
  StorageError,
  UnsafePathError,
} from "../base/errors.ts";
import type { OpenOptions } from "../context/open_options.ts";
import { openContext, type StoreContext } from "../context/compose.ts";
import type { Omitted } from "./copy_artifacts.ts";
import type { RestoreOptions } from "./restore_options.ts";

/** Restores missing and damaged files. */
export async function repair(
  source: StoreContext,
  place: Pick<OpenOptions, "path" | "artifactDir">,
  { driver, busyTimeout, quick = false, dryRun = false, signal, onProgress }: RestoreOptions,
): Promise<{ readonly copied: ArtifactRecord[]; readonly omitted: Omitted[] }> {
  const store = await openContext({
    ...place,
    readOnly: dryRun,
    ...(driver && { driver }),
    ...(busyTimeout !== undefined && { busyTimeout }),
  });
  try {
    const copied: ArtifactRecord[] = [];
    const omitted: Omitted[] = [];
    const verification = new Verification(store, {
      quick,
      ...(signal && { signal }),
      ...(onProgress && { onProgress }),
    });
    for await (const finding of verification) {
      const { artifact } = finding;
      if (!artifact) continue;
      try {
        const candidates = await candidatesFor(finding, artifact, source);
        const bring = dryRun ? planOne : restoreOne;
        if (await bring(artifact, candidates, source, store, signal)) copied.push(artifact);
      } catch (error) {
        if (!(error instanceof ChachamlError)) throw error;
        omitted.push({ artifact, error });
      }
    }
    return { copied, omitted };
  } finally {
    await store.close();
  }
}

/** Returns the artifacts of the backup with the same bytes, under any name. */
async function candidatesFor(
  { kind, message, expected, found }: Finding,
  { name, hash }: ArtifactRecord,
  source: StoreContext,
): Promise<IndexEntry[]> {
  const fail = (state: string) => {
    throw new IntegrityError(name, state, expected ?? null, found ?? null);
  };
  // These findings are not about the bytes.
  if (kind === "damaged-row" || kind === "unsafe-path") fail(message);
  const candidates = (await source.metadata.artifacts.list({ hash })).filter(({ problem }) =>
    !problem
  );
  if (candidates.length === 0) fail(`${message}, and the backup does not have its bytes`);
  return candidates;
}

/** Publishes the bytes, unless the artifact was replaced or removed meanwhile. */
async function restoreOne(
  artifact: ArtifactRecord,
  candidates: readonly IndexEntry[],
  source: StoreContext,
  store: StoreContext,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  return await firstOf(artifact, candidates, async ({ record }) => {
    const { bytes } = await source.artifacts.open(record.id);
    const staged = await store.bytes.stage(asReader(bytes), { signal, mode: bytes.mode });
    try {
      if (staged.hash === artifact.hash) {
        const publish = async (key: string) => {
          await store.bytes.publish(staged, key);
          return key;
        };
        const { artifacts } = store.metadata;
        return await artifacts.update(artifact, artifact, publish, true) !== undefined;
      }
      throw new IntegrityError(artifact.name, "other bytes", artifact.hash, staged.hash);
    } finally {
      await staged.discard();
    }
  });
}

/** Checks whether the bytes could be restored, without reading them. */
async function planOne(
  artifact: ArtifactRecord,
  candidates: readonly IndexEntry[],
  source: StoreContext,
  store: StoreContext,
): Promise<boolean> {
  if ((await store.bytes.stat(artifact.path))?.kind === "directory") {
    throw new StorageError(
      `store ${JSON.stringify(artifact.path)}`,
      "a directory that is no artifact is in its way; move it elsewhere",
    );
  }
  return await firstOf(artifact, candidates, async ({ record }) => {
    (await source.artifacts.open(record.id)).bytes.close();
    return true;
  });
}

/** Returns the result of `work` for the first candidate that has its bytes. */
async function firstOf(
  { name, hash }: ArtifactRecord,
  candidates: readonly IndexEntry[],
  work: (entry: IndexEntry) => Promise<boolean>,
): Promise<boolean> {
  let cause: Error | undefined;
  for (const candidate of candidates) {
    try {
      return await work(candidate);
    } catch (error) {
      if (!isLoss(error)) throw error;
      cause = error;
    }
  }
  const found = cause instanceof IntegrityError ? cause.found : null;
  const state = "its bytes are missing or damaged in the backup too";
  throw new IntegrityError(name, state, hash, found, { cause });
}

function isLoss(error: unknown): error is Error {
  return error instanceof IntegrityError || error instanceof UnsafePathError ||
    error instanceof ArtifactNotFoundError;
}
