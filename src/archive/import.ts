/** Takes up the runs of an archive: all of it is checked before any of it can be seen. */
import { createTarDecoder, type ParsedTarEntry } from "npm:modern-tar@~0.8.6";
import { abandonSource, openSource } from "../artifacts/put_source.ts";
import type { ByteStore, Progress } from "../bytes/byte_store.ts";
import { ArchiveError, ChachamlError, InvalidSourceError, StorageError } from "../base/errors.ts";
import type { ArtifactDocument } from "../metadata/run_document.ts";
import type { StoreContext } from "../context/compose.ts";
import { unsafePath } from "../names/names.ts";
import { Gate } from "../base/gate.ts";
import { adopt } from "./adopt.ts";
import { archiveSource, NO_ARCHIVE } from "./archive_source.ts";
import { arrange, type Arrival } from "./arrivals.ts";
import { decodeManifest, decodeOmitted, MANIFEST, MAX_MANIFEST, OMITTED } from "./manifest.ts";

/** Artifacts staged at a time. */
const WIDTH = 32;

/** Bytes up to which a file is taken from the archive in one piece. */
const SMALL = 256 * 1024;

/** How to import. */
export interface ImportOptions {
  /**
   * Whether runs and artifacts get new ids, so that they can stand beside those of the archive's ids.
   * Importing the same archive again then makes further copies.
   *
   * @default {false}
   */
  readonly newIds?: boolean;
  /** Stops the work; nothing is imported then. */
  readonly signal?: AbortSignal;
  /** Told of the artifacts' bytes done so far. */
  readonly onProgress?: (progress: Progress) => void;
}

/** What an import has come to. */
export interface ImportReport {
  /** The archive's runs. */
  readonly runs: readonly ImportedRun[];
  /** Artifacts imported. */
  readonly artifacts: number;
  /** Their bytes. */
  readonly bytes: number;
}

/** A run of an archive. */
export interface ImportedRun {
  /** Its id in the store. */
  readonly id: string;
  /** Its id in the archive. */
  readonly archivedId: string;
  /** Whether it has been imported: it may have been there already. */
  readonly imported: boolean;
  /** Whether it was there and has got what it had more in the archive. */
  readonly merged: boolean;
}

/** Imports an archive. */
export async function importRuns(
  store: StoreContext,
  archive: ReadableStream<Uint8Array>,
  options: ImportOptions,
): Promise<ImportReport> {
  const batch = crypto.randomUUID();
  const leave = await takeLease(store.bytes, batch, archive);
  const arrivals: Arrival[] = [];
  try {
    await receive(store.bytes, archive, arrivals, batch, options);
    options.signal?.throwIfAborted();
    const missing = await adopt(store, arrivals);
    const runs = arrivals.map(({ archivedId, run: { id } }) => ({
      id,
      archivedId,
      imported: missing.get(id)?.isNew === true,
      merged: missing.get(id)?.isNew === false,
    }));
    const artifacts = [...missing.values()].flatMap(({ run }) => run.artifacts);
    const bytes = artifacts.reduce((sum, { size }) => sum + size, 0);
    return { runs, artifacts: artifacts.length, bytes };
  } finally {
    for (const { staged } of arrivals) for (const bytes of staged.values()) await bytes.discard();
    await leave();
  }
}

/** Takes the lease of what will be staged; where that fails, the archive is given back unread. */
async function takeLease(
  bytes: ByteStore,
  batch: string,
  archive: ReadableStream<Uint8Array>,
): Promise<() => Promise<void>> {
  try {
    const leave = await bytes.lease(batch);
    if (leave) return leave;
    throw new StorageError("import", "the staging directory cannot be locked");
  } catch (error) {
    await abandonSource(archive, error);
    throw error;
  }
}

/** Stages all of an archive's files, and refuses it if it is anything but what its manifest says. */
async function receive(
  bytes: ByteStore,
  archive: ReadableStream<Uint8Array>,
  arrivals: Arrival[],
  batch: string,
  { newIds = false, signal, onProgress }: ImportOptions,
): Promise<void> {
  const members = readMembers(archive, signal);
  const gate = new Gate(WIDTH);
  const staging: Promise<void>[] = [];
  try {
    const first = await begin(members, signal);
    arrivals.push(...arrange(decodeManifest(await readWhole(first)), newIds));
    const expected = expectedOf(arrivals);
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
      const { arrival, artifact } = take(expected, member);
      // The next member can be read once this one is. Small ones are then synced side by side.
      const leave = await gate.enter();
      const body = size <= SMALL ? await contentOf(member) : member.body;
      const stage = async () => {
        const { reader } = await openSource(artifact.name, body, signal);
        const staged = await bytes.stage(reader, {
          runId: arrival.run.id,
          name: artifact.name,
          batch,
          signal,
          mode: 0o444 | mode & 0o111,
          onProgress: onProgress && (({ bytes }) => onProgress({ bytes: done + bytes, total })),
        });
        done += size;
        arrival.staged.set(artifact.name, staged);
        if (staged.hash !== artifact.hash || staged.size !== artifact.size) damaged.add(name);
      };
      const staged = stage().catch((error) => void (failure ??= error)).finally(leave);
      staging.push(staged);
      if (staging.length === WIDTH * 4) await Promise.all(staging.splice(0));
      if (size > SMALL) await staged;
      if (failure !== undefined) break;
    }
    await Promise.all(staging);
    if (failure !== undefined) throw failure;
    // What was known not to be whole when it was exported is left out; anything else is damage.
    for (const name of lacking ?? []) {
      await leaveOut(name, arrivals);
      expected.delete(name);
      damaged.delete(name);
    }
    for (const name of damaged) {
      throw new ArchiveError(`the bytes of ${JSON.stringify(name)} are damaged`);
    }
    const [missing] = expected.keys();
    if (missing === undefined) return;
    throw new ArchiveError(`${JSON.stringify(missing)} is missing: it has been cut short`);
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof ChachamlError && !(error instanceof InvalidSourceError)) throw error;
    const reason = `it cannot be read: ${(error as Error).message}`;
    throw new ArchiveError(reason, { cause: error });
  } finally {
    await Promise.all(staging);
    await members.return(undefined);
  }
}

/** The first member, which is the manifest; of what is no archive, not even that can be read. */
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

type Expected = Map<string, { arrival: Arrival; artifact: ArtifactDocument }>;

function expectedOf(arrivals: readonly Arrival[]): Expected {
  return new Map(
    arrivals.flatMap((arrival) =>
      arrival.run.artifacts.map((artifact) =>
        [`${arrival.archivedId}/${artifact.name}`, { arrival, artifact }] as const
      )
    ),
  );
}

/** Finds the artifact that a member is of, which no other member can be then. */
function take(expected: Expected, { header }: ParsedTarEntry) {
  const name = JSON.stringify(header.name);
  const found = expected.get(header.name);
  if (!found) throw new ArchiveError(`${name} is not in its manifest, or is in it twice`);
  expected.delete(header.name);
  const { size } = found.artifact;
  if (header.size === size) return found;
  throw new ArchiveError(`${name} has ${header.size} bytes where its manifest says ${size}`);
}

/** The files of an archive; anything else but directories is refused. */
async function* readMembers(
  archive: ReadableStream<Uint8Array>,
  signal: AbortSignal | undefined,
): AsyncGenerator<ParsedTarEntry, undefined> {
  // A source that gives nothing for a while is cancelled only by a signal.
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
      // As `tar` names what it is given as `./`.
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

/** Refuses a directory that is not below the one unpacked to; those below it are made when needed. */
function requireInside(name: string): void {
  const directory = name.replace(/\/$/, "");
  const reason = directory === "" || directory === "." ? undefined : unsafePath(directory);
  if (reason !== undefined) throw new ArchiveError(`${JSON.stringify(name)}: ${reason}`);
}

/** Takes an artifact out of its run, with its bytes. */
async function leaveOut(member: string, arrivals: readonly Arrival[]): Promise<void> {
  const slash = member.indexOf("/");
  const [id, name] = [member.slice(0, slash), member.slice(slash + 1)];
  const arrival = arrivals.find(({ archivedId }) => archivedId === id);
  if (!arrival) {
    throw new ArchiveError(`${OMITTED} names ${JSON.stringify(member)}, of no run in it`);
  }
  arrival.run = {
    ...arrival.run,
    artifacts: arrival.run.artifacts.filter((artifact) => artifact.name !== name),
  };
  await arrival.staged.get(name)?.discard();
  arrival.staged.delete(name);
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
