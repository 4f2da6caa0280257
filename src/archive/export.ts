/** Export of runs as a tar archive: a manifest, then the files of their artifacts. */
import { createTarPacker, type TarPackController } from "npm:modern-tar@~0.8.6";
import type { Progress } from "../bytes/byte_store.ts";
import { readChunks } from "../artifacts/artifact_reader.ts";
import { assertIds } from "../base/assert.ts";
import { RunNotFoundError } from "../base/errors.ts";
import type { RunDocument } from "../metadata/run_document.ts";
import type { StoreContext } from "../context/compose.ts";
import { encodeManifest, encodeOmitted, MANIFEST, OMITTED } from "./manifest.ts";
import { type ExportFile, isDamage, openForExport, readAhead } from "./read_ahead.ts";

/** Size of the chunks of an archive, in bytes. */
const CHUNK = 64 * 1024;

/** An artifact missing from an archive, and why. */
export interface NotExported {
  /** Id of its run. */
  readonly runId: string;
  /** Name of the artifact. */
  readonly name: string;
  /** Error that prevented reading its bytes. */
  readonly error: Error;
}

/** Options for {@linkcode Store.export}. */
export interface ExportOptions {
  /** Stops the export. */
  readonly signal?: AbortSignal;
  /** Called with the number of bytes exported. */
  readonly onProgress?: (progress: Progress) => void;
  /**
   * Called for each artifact that is skipped because it is damaged or missing. Importing the
   * archive restores its run without it. By default the first such artifact aborts the export.
   */
  readonly onOmitted?: (omitted: NotExported) => void;
}

/** Yields the bytes of an archive on demand. */
export async function* exportRuns(
  store: StoreContext,
  ids: readonly string[],
  options: ExportOptions,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  options.signal?.throwIfAborted();
  assertIds("export", ids);
  const runs: RunDocument[] = [];
  for (const id of new Set(ids)) {
    const run = await store.metadata.runs.document(id);
    if (!run) throw new RunNotFoundError(id);
    runs.push(run);
  }
  yield* exportDocuments(store, runs, options);
}

/** Yields the bytes of an archive of runs. It has no files of artifacts whose ids are `known`. */
export async function* exportDocuments(
  store: StoreContext,
  runs: readonly RunDocument[],
  options: ExportOptions,
  known: ReadonlySet<string> = new Set(),
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const { readable, controller } = createTarPacker();
  const writing = writeArchive(controller, store, { runs, known }, options)
    .catch((error) => controller.error(error));
  try {
    yield* inLargeChunks(readable, options.signal);
  } finally {
    await writing;
  }
}

/** Joins the headers and files of small members: a reader pays for each chunk. */
async function* inLargeChunks(
  chunks: AsyncIterable<Uint8Array<ArrayBuffer>>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  let joined = new Uint8Array(CHUNK);
  let size = 0;
  for await (const chunk of chunks) {
    if (size > 0 && size + chunk.length > CHUNK) {
      yield joined.subarray(0, size);
      [joined, size] = [new Uint8Array(CHUNK), 0];
    }
    if (chunk.length >= CHUNK) yield chunk;
    else {
      joined.set(chunk, size);
      size += chunk.length;
    }
  }
  if (size > 0) yield joined.subarray(0, size);
  signal?.throwIfAborted();
}

async function writeArchive(
  archive: TarPackController,
  store: StoreContext,
  { runs, known }: {
    readonly runs: readonly RunDocument[];
    readonly known: ReadonlySet<string>;
  },
  options: ExportOptions,
): Promise<void> {
  const { signal, onProgress } = options;
  const manifest = encodeManifest(runs);
  await addBytes(archive, MANIFEST, manifest, new Date());
  const omitted: NotExported[] = [];
  const sent = runs.map(({ id, artifacts }) => ({
    id,
    artifacts: artifacts.filter(({ id }) => !known.has(id)),
  }));
  let total = 0;
  for (const { artifacts } of sent) for (const { size } of artifacts) total += size;
  let done = 0;
  const advance = (bytes: number) => onProgress?.({ bytes: done += bytes, total });
  const omit = ({ runId, artifact: { name } }: ExportFile, error: unknown) => {
    if (!options.onOmitted || !isDamage(error)) throw error;
    omitted.push({ runId, name, error });
    options.onOmitted({ runId, name, error });
  };
  for await (const { file, bytes, mode, error } of readAhead(store, sent, signal)) {
    signal?.throwIfAborted();
    const { runId, artifact: { name, createdAt } } = file;
    if (error !== undefined) omit(file, error);
    else if (bytes) {
      await addBytes(archive, `${runId}/${name}`, bytes, timeOf(createdAt), modeOf(mode));
      advance(bytes.length);
    } else {
      const failure = await addLarge(archive, store, file, options, advance);
      if (failure !== undefined) omit(file, failure);
    }
  }
  if (omitted.length > 0) await addBytes(archive, OMITTED, encodeOmitted(omitted), new Date());
  archive.finalize();
}

/**
 * Adds a large artifact in chunks.
 *
 * @returns The error that prevented reading its bytes, if any. After the first bytes have been
 * written, missing ones are filled with zeros.
 */
async function addLarge(
  archive: TarPackController,
  store: StoreContext,
  file: ExportFile,
  { signal, onOmitted }: ExportOptions,
  advance: (bytes: number) => void,
): Promise<unknown> {
  const { runId, artifact: { name, size, createdAt } } = file;
  let opened;
  try {
    opened = await openForExport(store, file);
  } catch (error) {
    return error;
  }
  const mode = modeOf(opened.bytes.mode);
  const member = archive.add({
    name: `${runId}/${name}`,
    size,
    mtime: timeOf(createdAt),
    mode,
    type: "file",
  }).getWriter();
  let failure: unknown;
  let written = 0;
  try {
    for await (const chunk of readChunks(opened, { verify: true, ...(signal && { signal }) })) {
      await member.write(chunk);
      written += chunk.length;
      advance(chunk.length);
    }
  } catch (error) {
    if (!onOmitted || !isDamage(error)) throw error;
    failure = error;
    for (let rest = size - written; rest > 0; rest -= ZEROS.length) {
      await member.write(ZEROS.subarray(0, Math.min(rest, ZEROS.length)));
    }
  }
  await member.close();
  return failure;
}

const ZEROS = new Uint8Array(64 * 1024);

/** Clamps a time to the range of a tar header. */
function timeOf(milliseconds: number): Date {
  return new Date(Math.min(Math.max(milliseconds, 0), 0o77777777777 * 1000));
}

/**
 * Returns the mode of a member. Executable files stay executable; access is up to whoever unpacks
 * the archive.
 */
function modeOf(mode: number | undefined): number {
  return 0o644 | (mode ?? 0) & 0o111;
}

async function addBytes(
  archive: TarPackController,
  name: string,
  bytes: Uint8Array,
  mtime: Date,
  mode: number = 0o644,
): Promise<void> {
  const member = archive.add({ name, size: bytes.length, mtime, mode, type: "file" }).getWriter();
  await member.write(bytes);
  await member.close();
}
