/** Stages what is to be put, in the cheapest way that there is. */
import { InvalidSourceError } from "../base/errors.ts";
import { isBelow } from "../base/path.ts";
import type { StagedBytes } from "../bytes/byte_store.ts";
import { stageDuplicate } from "./duplicates.ts";
import type { ArtifactParts } from "./parts.ts";
import type { PutFileOptions, PutOptions } from "./put_options.ts";
import { openFile, openSource, type PutSource, requireFile } from "./put_source.ts";

/** Which artifact the bytes are to be. */
interface Target {
  readonly runId: string;
  readonly name: string;
}

/** Staged bytes, and the MIME type that their source speaks for. */
interface Staged {
  readonly staged: StagedBytes;
  readonly contentType?: string | undefined;
}

/** Stages the bytes of a source. */
export async function stageSource(
  parts: ArtifactParts,
  { runId, name }: Target,
  source: PutSource,
  options: PutOptions,
): Promise<Staged> {
  const { reader, contentType } = await openSource(name, source, options.signal);
  const staged = await parts.bytes.stage(reader, { ...options, runId, name });
  return { staged: await share(parts, staged, options), contentType };
}

/** Stages a file; one that is taken as it is goes once the staged bytes are released. */
export async function stageFile(
  parts: ArtifactParts,
  { runId, name }: Target,
  path: string,
  options: PutFileOptions,
  within?: string,
): Promise<{ staged: StagedBytes; isTaken: boolean }> {
  const taken = options.move ? await take(parts, { runId, name }, path, options) : undefined;
  const own = taken ?? await stageCopy(parts, { runId, name }, path, options, within);
  const staged = await share(parts, own, options);
  return { staged, isTaken: staged === taken };
}

async function stageCopy(
  { bytes }: ArtifactParts,
  target: Target,
  path: string,
  options: PutOptions,
  within?: string,
): Promise<StagedBytes> {
  const { reader } = await openFile(target.name, path, within);
  return await bytes.stage(reader, { ...options, ...target });
}

/** `undefined` where the file cannot be taken as it is, and is copied instead. */
async function take(
  { bytes, root }: ArtifactParts,
  { runId, name }: Target,
  path: string,
  options: PutOptions,
): Promise<StagedBytes | undefined> {
  await requireFile(name, path);
  // Its second name would be taken for the first, and the artifact lose its bytes.
  if (isBelow(await Deno.realPath(path), root)) {
    throw new InvalidSourceError(name, "the file to move is an artifact's, in this very store");
  }
  return await bytes.adopt?.(path, { ...options, runId, name });
}

/** In place of staged bytes, those of an artifact that has the same ones, where that is asked for. */
async function share(
  { index, bytes }: ArtifactParts,
  staged: StagedBytes,
  { dedup, signal }: PutOptions,
): Promise<StagedBytes> {
  if (!dedup) return staged;
  try {
    const duplicate = await stageDuplicate(staged, index, bytes, signal);
    if (!duplicate) return staged;
    await staged.discard();
    return duplicate;
  } catch (error) {
    await staged.discard();
    throw error;
  }
}
