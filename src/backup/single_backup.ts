/** A single backup in a directory. */
import type { ByteStore } from "../bytes/byte_store.ts";
import { FileByteStore } from "../bytes/files/file_byte_store.ts";
import { noteOwner } from "../bytes/files/owner.ts";
import { Verification, type VerifySummary } from "../maintenance/verify.ts";
import { StorageError } from "../base/errors.ts";
import { openContext, type StoreContext } from "../context/compose.ts";
import type { Snapshot } from "../metadata/snapshot.ts";
import { BackupCopy, type Base, planCopy } from "./backup_copy.ts";
import type { BackupOptions, BackupReport } from "./options.ts";
import { makePlace, type Place, PLACE_LOCK, removeTemporary, temporaryPath } from "./place.ts";
import {
  claimPlace,
  countDroppedRuns,
  directoryIdentity,
  openPrevious,
  requireSameDirectory,
} from "./previous.ts";
import { dropUnfinished, noteUnfinished } from "./unfinished.ts";

/** Creates or updates the backup in a directory. Equal files are shared with `base`. */
export async function backUpTo(
  source: StoreContext,
  directory: string,
  options: BackupOptions,
  base?: Base,
): Promise<BackupReport> {
  const origin = originOf(source);
  const { takeOver = false } = options;
  const place = await makePlace(source, directory, async (place) => {
    // Checked before anything is created there.
    const previous = await openPrevious(place, source, origin, takeOver);
    if (!previous) return;
    try {
      const bytes = new FileByteStore(place.artifactDir, true);
      await requireSameDirectory(previous, place, bytes, takeOver);
    } finally {
      previous.close();
    }
  });
  const bytes = new FileByteStore(place.artifactDir, true);
  const release = await bytes.lease(PLACE_LOCK);
  if (!release) {
    throw new StorageError(
      `back up to ${JSON.stringify(place.path)}`,
      "another backup to it is under way",
    );
  }
  try {
    await removeTemporary(place.path);
    return await backUp(source, place, bytes, options, base);
  } finally {
    await release();
  }
}

/**
 * Returns the origin that a backup records. Each in-memory store has its own, by its temporary
 * directory.
 */
export function originOf({ path, location }: StoreContext): string {
  return path ?? location.database ?? `memory, with ${location.artifacts}`;
}

async function backUp(
  source: StoreContext,
  place: Place,
  bytes: ByteStore,
  options: BackupOptions,
  base: Base | undefined,
): Promise<BackupReport> {
  const { takeOver = false, signal } = options;
  const { path, artifactDir } = place;
  const origin = originOf(source);
  const previous = await openPrevious(place, source, origin, takeOver);
  let fresh: Snapshot | undefined;
  try {
    const leftovers = previous?.leftovers() ?? await claimPlace(place, bytes, takeOver);
    const before = previous ?? base?.snapshot;
    const droppedRuns = before ? await countDroppedRuns(before, place, source, takeOver) : 0;
    fresh = await source.metadata.snapshot(temporaryPath(path), await modeOf(source.path));
    const plan = await planCopy(fresh, previous, base);
    if (!previous) await noteUnfinished(place, plan.directories);
    const copy = new BackupCopy(source, bytes, plan, { previous, base, leftovers }, options);
    await copy.run(fresh);
    signal?.throwIfAborted();
    const unneeded = await fresh.applyOutcome({
      present: copy.renewed,
      omitted: copy.omitted,
      unneeded: [...copy.unneeded, ...leftovers],
    }, { of: origin, directory: await directoryIdentity(artifactDir) });
    previous?.close();
    await fresh.moveTo(path);
    await dropUnfinished(place);
    await noteOwner(artifactDir, path);
    const failed = [...await bytes.removeAll([...unneeded]), ...await removeAbandoned(bytes)];
    const { artifacts, bytes: size, copied, copiedBytes, linked, omitted } = copy;
    return {
      ...place,
      artifacts,
      bytes: size,
      copied,
      copiedBytes,
      linked,
      omitted,
      droppedRuns,
      droppedArtifacts: plan.dropped,
      failed,
      removed: [],
      check: options.check ? await check(source, place, signal) : undefined,
    };
  } finally {
    previous?.close();
    await fresh?.discard();
  }
}

/** Returns the mode for the copy of a file: no more accessible, but writable by its owner. */
async function modeOf(path: string | undefined): Promise<number | undefined> {
  if (path === undefined) return 0o600;
  const { mode } = await Deno.stat(path);
  return mode === null ? undefined : mode & 0o666 | 0o600;
}

/** Removes what interrupted backups have staged: files, and the directories of a batch. */
async function removeAbandoned(bytes: ByteStore): Promise<Error[]> {
  const failed: Error[] = [];
  for await (const entry of bytes.list("", { unpublished: true })) {
    if (entry.state !== "abandoned" || !["file", "directory"].includes(entry.kind)) continue;
    await bytes.removeEntry(entry).catch((error) => failed.push(error));
  }
  return failed;
}

async function check(
  { driver }: StoreContext,
  place: Place,
  signal: AbortSignal | undefined,
): Promise<VerifySummary> {
  const store = await openContext({
    ...place,
    ...(driver && { driver: driver.name }),
    readOnly: true,
  });
  try {
    return await new Verification(store, { ...(signal && { signal }) }).summary();
  } finally {
    await store.close();
  }
}
