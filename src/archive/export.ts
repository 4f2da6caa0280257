/** Runs as a tar archive: a manifest, then the files of their artifacts. */
import { createTarPacker, type TarPackController } from "npm:modern-tar@~0.8.6";
import type { Progress } from "../bytes/byte_store.ts";
import { type OpenArtifact, readChunks } from "../artifacts/artifact_reader.ts";
import { assertIds } from "../base/assert.ts";
import { RunNotFoundError, StorageError } from "../base/errors.ts";
import type { ArtifactDocument, RunDocument } from "../metadata/run_document.ts";
import type { StoreContext } from "../context/compose.ts";
import { encodeManifest, MANIFEST } from "./manifest.ts";

/** How to export. */
export interface ExportOptions {
  /** Stops the work. */
  readonly signal?: AbortSignal;
  /** Told of the artifacts' bytes done so far. */
  readonly onProgress?: (progress: Progress) => void;
}

/** Gives the bytes of an archive as they are asked for. */
export async function* exportRuns(
  store: StoreContext,
  ids: readonly string[],
  options: ExportOptions,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const { readable, controller } = createTarPacker();
  const writing = writeArchive(controller, store, ids, options)
    .catch((error) => controller.error(error));
  try {
    yield* readable;
  } finally {
    await writing;
  }
}

async function writeArchive(
  archive: TarPackController,
  store: StoreContext,
  ids: readonly string[],
  { signal, onProgress }: ExportOptions,
): Promise<void> {
  signal?.throwIfAborted();
  assertIds("export", ids);
  const runs: RunDocument[] = [];
  for (const id of new Set(ids)) {
    const run = await store.runs.document(id);
    if (!run) throw new RunNotFoundError(id);
    runs.push(run);
  }
  const manifest = encodeManifest(runs);
  await add(archive, MANIFEST, manifest.length, new Date(), async (write) => await write(manifest));
  const artifacts = runs.flatMap(({ id, artifacts }) =>
    artifacts.map((artifact) => ({ runId: id, artifact }))
  );
  const total = artifacts.reduce((sum, { artifact }) => sum + artifact.size, 0);
  let done = 0;
  for (const { runId, artifact } of artifacts) {
    signal?.throwIfAborted();
    const { name, size, createdAt } = artifact;
    await add(archive, `${runId}/${name}`, size, timeOf(createdAt), async (write) => {
      const opened = await openSame(store, artifact);
      for await (const chunk of readChunks(opened, { verify: true, ...(signal && { signal }) })) {
        await write(chunk);
        onProgress?.({ bytes: done += chunk.length, total });
      }
    });
  }
  archive.finalize();
}

/** A time that a tar archive can tell: its field holds as many seconds. */
function timeOf(milliseconds: number): Date {
  return new Date(Math.min(Math.max(milliseconds, 0), 0o77777777777 * 1000));
}

async function add(
  archive: TarPackController,
  name: string,
  size: number,
  mtime: Date,
  fill: (write: (chunk: Uint8Array) => Promise<void>) => Promise<void>,
): Promise<void> {
  const member = archive.add({ name, size, mtime, mode: 0o644, type: "file" }).getWriter();
  await fill((chunk) => member.write(chunk));
  await member.close();
}

/** Opens the bytes that the manifest tells of. */
async function openSame(
  store: StoreContext,
  { id, name, hash }: ArtifactDocument,
): Promise<OpenArtifact> {
  const opened = await store.artifacts.open(id);
  if (opened.record.hash === hash) return opened;
  opened.bytes.close();
  const state = "it has been replaced since the export began; export again";
  throw new StorageError(`export ${JSON.stringify(name)}`, state);
}
