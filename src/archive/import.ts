/** Import of runs from an archive: everything is verified before anything becomes visible. */
import { createTarDecoder, type ParsedTarEntry } from "npm:modern-tar@~0.8.6";
import { openSource } from "../artifacts/put_source.ts";
import type { ByteBatch, Progress } from "../bytes/byte_store.ts";
import { startBatch } from "../bytes/start_batch.ts";
import { ArchiveError, ChachamlError, InvalidSourceError } from "../base/errors.ts";
import type { ArtifactDocument } from "../metadata/run_document.ts";
import type { RemoteCare } from "../remote/remote_care.ts";
import type { StoreContext } from "../context/compose.ts";
import { unsafePath } from "../names/names.ts";
import { Gate } from "../base/gate.ts";
import { insertRuns } from "./insert_runs.ts";
import { archiveSource, NO_ARCHIVE } from "./archive_source.ts";
import { type PreparedRun, prepareRuns } from "./prepared_run.ts";
import { decodeManifest, decodeOmitted, MANIFEST, MAX_MANIFEST, OMITTED } from "./manifest.ts";

/** Number of artifacts staged in parallel. */
const WIDTH = 32;

/** Maximum size, in bytes, of a file that is read in one piece. */
const SMALL = 256 * 1024;

/** Options for {@linkcode Store.import}. */
export interface ImportOptions {
  /**
   * Whether to assign new ids to runs and artifacts, so that they do not conflict with existing
   * ones. Importing the archive again then creates further copies.
   *
   * @default {false}
   */
  readonly newIds?: boolean;
  /** Stops the import; nothing is imported then. */
  readonly signal?: AbortSignal;
  /** Called with the number of bytes imported. */
  readonly onProgress?: (progress: Progress) => void;
}

/** Options for {@linkcode importRuns}. */
export interface ImportRunsOptions extends ImportOptions {
  /** Whether the archive may lack the files of artifacts that the store has. */
  readonly isPartial?: boolean;
}

/** Result of an import. */
export interface ImportReport {
  /** Runs of the archive. */
  readonly runs: readonly ImportedRun[];
  /** Number of artifacts imported. */
  readonly artifacts: number;
  /** Their total size, in bytes. */
  readonly bytes: number;
}

/** A run of an archive. */
export interface ImportedRun {
  /** Id in the store. */
  readonly id: string;
  /** Id in the archive. */
  readonly archivedId: string;
  /** Whether the run was imported; `false` if it already existed. */
  readonly imported: boolean;
  /** Whether the run already existed and gained data from the archive. */
  readonly merged: boolean;
}

/** Imports an archive. */
export async function importRuns(
  store: StoreContext,
  archive: ReadableStream<Uint8Array>,
  options: ImportRunsOptions,
): Promise<ImportReport> {
  if (store.remote) return await sendArchive(store.remote, archive, options);
  const prepared: PreparedRun[] = [];
  let batch: ByteBatch | undefined;
  const start = async (count: number) => batch = await startBatch(store.bytes, { count });
  try {
    const batch = await receive(start, archive, prepared, options);
    options.signal?.throwIfAborted();
    await batch.sync();
    const missing = await insertRuns(store, prepared, batch);
    const runs = prepared.map(({ archivedId, run: { id } }) => ({
      id,
      archivedId,
      imported: missing.get(id)?.isNew === true,
      merged: missing.get(id)?.isNew === false,
    }));
    const artifacts = [...missing.values()].flatMap(({ run }) => run.artifacts);
    const bytes = artifacts.reduce((sum, { size }) => sum + size, 0);
    return { runs, artifacts: artifacts.length, bytes };
  } finally {
    await batch?.end();
  }
}

/** Sends an archive to the server of a store, which imports it while it arrives. */
async function sendArchive(
  remote: RemoteCare,
  archive: ReadableStream<Uint8Array>,
  { newIds = false, isPartial = false, signal, onProgress }: ImportRunsOptions,
): Promise<ImportReport> {
  try {
    // A source that is no archive is refused before anything is sent.
    return await remote.import(archiveSource(archive, false), {
      newIds,
      isPartial,
      signal,
      onProgress,
    }) as ImportReport;
  } catch (error) {
    throw archiveError(error, signal);
  }
}

/** Describes a failure to read an archive; other errors stay as they are. */
function archiveError(error: unknown, signal: AbortSignal | undefined): unknown {
  signal?.throwIfAborted();
  if (error instanceof ChachamlError && !(error instanceof InvalidSourceError)) return error;
  return new ArchiveError(`it cannot be read: ${(error as Error).message}`, { cause: error });
}

/** Stages all files of an archive. Throws if they differ from the manifest. */
async function receive(
  start: (count: number) => Promise<ByteBatch>,
  archive: ReadableStream<Uint8Array>,
  prepared: PreparedRun[],
  { newIds = false, isPartial = false, signal, onProgress }: ImportRunsOptions,
): Promise<ByteBatch> {
  const members = readMembers(archive, signal);
  const gate = new Gate(WIDTH);
  const staging: Promise<void>[] = [];
  try {
    const first = await begin(members, signal);
    prepared.push(...prepareRuns(decodeManifest(await readWhole(first)), newIds));
    const expected = expectedOf(prepared);
    const batch = await start(expected.size);
    const total = [...expected.values()].reduce((sum, { artifact }) => sum + artifact.size, 0);
    let done = 0;
    let failure: unknown;
    const damaged = new Set<string>();
    let lacking: ReadonlySet<string> | undefined;
    for await (const member of members) {
      const { name, size, mode = 0 } = member.header;
      if (lacking) throw new ArchiveError(`${JSON.stringify(name)} is behind ${OMITTED}`);
      if (name === OMITTED) {
        await Promise.all(staging);
        lacking = new Set(decodeOmitted(await readWhole(member)));
        continue;
      }
      const { owner, artifact } = take(expected, member);
      // The next member becomes readable once this one is read. Small ones are synced in parallel.
      const release = await gate.enter();
      const body = size <= SMALL ? await contentOf(member) : member.body;
      const stage = async () => {
        const { reader } = await openSource(artifact.name, body, signal);
        const key = `${owner.run.id}/${artifact.name}`;
        const staged = await batch.stage(reader, key, {
          runId: owner.run.id,
          name: artifact.name,
          signal,
          mode: 0o444 | mode & 0o111,
          onProgress: onProgress && (({ bytes }) => onProgress({ bytes: done + bytes, total })),
        });
        done += size;
        owner.staged.set(artifact.name, staged);
        if (staged.hash !== artifact.hash || staged.size !== artifact.size) damaged.add(name);
      };
      const staged = stage().catch((error) => void (failure ??= error)).finally(release);
      staging.push(staged);
      if (staging.length === WIDTH * 4) await Promise.all(staging.splice(0));
      if (size > SMALL) await staged;
      if (failure !== undefined) break;
    }
    await Promise.all(staging);
    if (failure !== undefined) throw failure;
    // Artifacts that were already damaged when exported are skipped; any other damage is an error.
    for (const name of lacking ?? []) {
      await omitArtifact(name, prepared);
      expected.delete(name);
      damaged.delete(name);
    }
    for (const name of damaged) {
      throw new ArchiveError(`the bytes of ${JSON.stringify(name)} are damaged`);
    }
    const [missing] = expected.keys();
    // Whether the store has them is found where they are missing in it.
    if (missing === undefined || isPartial) return batch;
    throw new ArchiveError(`${JSON.stringify(missing)} is missing: it has been cut short`);
  } catch (error) {
    throw archiveError(error, signal);
  } finally {
    await Promise.all(staging);
    await members.return(undefined);
  }
}

/**
 * Returns the first member, the manifest. Reading it may already fail if the source is not an
 * archive.
 */
async function begin(
  members: AsyncGenerator<ParsedTarEntry, undefined>,
  signal: AbortSignal | undefined,
): Promise<ParsedTarEntry> {
  let cause: unknown;
  try {
    const { value } = await members.next();
    if (value?.header.name === MANIFEST) return value;
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof ChachamlError) throw error;
    cause = error;
  }
  throw new ArchiveError(NO_ARCHIVE, { cause });
}

type Expected = Map<string, { owner: PreparedRun; artifact: ArtifactDocument }>;

function expectedOf(prepared: readonly PreparedRun[]): Expected {
  return new Map(
    prepared.flatMap((owner) =>
      owner.run.artifacts.map((artifact) =>
        [`${owner.archivedId}/${artifact.name}`, { owner, artifact }] as const
      )
    ),
  );
}

/** Returns the artifact of a member, and removes it from the expected ones. */
function take(expected: Expected, { header }: ParsedTarEntry) {
  const name = JSON.stringify(header.name);
  const found = expected.get(header.name);
  if (!found) throw new ArchiveError(`${name} is not in its manifest, or is in it twice`);
  expected.delete(header.name);
  const { size } = found.artifact;
  if (header.size === size) return found;
  throw new ArchiveError(`${name} has ${header.size} bytes where its manifest says ${size}`);
}

/** Yields the files of an archive. Throws for anything but files and directories. */
async function* readMembers(
  archive: ReadableStream<Uint8Array>,
  signal: AbortSignal | undefined,
): AsyncGenerator<ParsedTarEntry, undefined> {
  // Only a signal cancels a source that yields nothing for a while.
  const enough = new AbortController();
  const entries = archiveSource(archive).pipeThrough(createTarDecoder({ strict: true }), {
    signal: signal ? AbortSignal.any([signal, enough.signal]) : enough.signal,
  });
  const reader = entries.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const { header, body } = value;
      const { type = "file" } = header;
      // `tar` names members `./…` if it is given `./`.
      const name = header.name.replace(/^(\.\/)+/, "");
      if (type === "directory") {
        requireInside(name);
        await body.cancel();
      } else if (type === "file") yield { header: { ...header, name }, body };
      else throw new ArchiveError(`${JSON.stringify(header.name)} is a ${type}, not a file`);
    }
  } finally {
    await reader.cancel().catch(() => {});
    enough.abort();
  }
}

/**
 * Throws if a directory is outside the archive's root. Others are ignored; directories are created
 * as needed.
 */
function requireInside(name: string): void {
  const directory = name.replace(/\/$/, "");
  const reason = directory === "" || directory === "." ? undefined : unsafePath(directory);
  if (reason !== undefined) throw new ArchiveError(`${JSON.stringify(name)}: ${reason}`);
}

/** Removes an artifact and its staged bytes from its run. */
async function omitArtifact(member: string, prepared: readonly PreparedRun[]): Promise<void> {
  const slash = member.indexOf("/");
  const [id, name] = [member.slice(0, slash), member.slice(slash + 1)];
  const owner = prepared.find(({ archivedId }) => archivedId === id);
  if (!owner) {
    throw new ArchiveError(`${OMITTED} names ${JSON.stringify(member)}, of no run in it`);
  }
  owner.run = {
    ...owner.run,
    artifacts: owner.run.artifacts.filter((artifact) => artifact.name !== name),
  };
  await owner.staged.get(name)?.discard();
  owner.staged.delete(name);
}

async function readWhole(member: ParsedTarEntry): Promise<Uint8Array> {
  const { name, size } = member.header;
  if (size > MAX_MANIFEST) throw new ArchiveError(`${name} is too large`);
  return await contentOf(member);
}

async function contentOf({ body }: ParsedTarEntry): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(
    await new Response(body as ReadableStream<Uint8Array<ArrayBuffer>>).arrayBuffer(),
  );
}
