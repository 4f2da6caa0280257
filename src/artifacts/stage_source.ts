/** Staging of sources, in the cheapest possible way. */
import { InvalidSourceError } from "../base/errors.ts";
import { isBelow } from "../base/path.ts";
import type { StagedBytes } from "../bytes/byte_store.ts";
import { stageDuplicate } from "./duplicates.ts";
import type { ArtifactParts } from "./parts.ts";
import type { PutFileOptions, PutOptions } from "./put_options.ts";
import { openFile, openSource, type PutSource, requireFile } from "./put_source.ts";

/** Artifact that the bytes are staged for. */
export interface Target {
  /** Id of the run. */
  readonly runId: string;
  /** Name within the run. */
  readonly name: string;
  /** Whether they replace existing bytes. */
  readonly replaces: boolean;
}

/** Staged bytes, and the MIME type implied by their source. */
interface Staged {
  readonly staged: StagedBytes;
  readonly contentType?: string | undefined;
}

/** Stages the bytes of a source. */
export async function stageSource(
  parts: ArtifactParts,
  target: Target,
  source: PutSource,
  options: PutOptions,
): Promise<Staged> {
  const { reader, contentType } = await openSource(target.name, source, options.signal);
  const staged = await parts.bytes.stage(reader, { ...options, ...target });
  return { staged: await share(parts, staged, options), contentType };
}

/** Stages a file. A file moved into the store is removed once the staged bytes are released. */
export async function stageFile(
  parts: ArtifactParts,
  target: Target,
  path: string,
  options: PutFileOptions,
  within?: string,
): Promise<{ staged: StagedBytes; isTaken: boolean }> {
  const taken = options.move ? await take(parts, target, path, options) : undefined;
  const own = taken ?? await stageCopy(parts, target, path, options, within);
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
  const { reader } = openFile(target.name, path, within);
  return await bytes.stage(reader, { ...options, ...target });
}

/** Moves a file to the staging area; `undefined` if it has to be copied. */
async function take(
  { bytes, root }: ArtifactParts,
  target: Target,
  path: string,
  options: PutOptions,
): Promise<StagedBytes | undefined> {
  const { name } = target;
  requireFile(name, path);
  // Its second link would be mistaken for the first, and the artifact would lose its bytes.
  if (isBelow(await Deno.realPath(path), root)) {
    throw new InvalidSourceError(name, "the file to move is an artifact's, in this very store");
  }
  return await bytes.stageMove?.(path, { ...options, ...target });
}

/**
 * With `dedup`, replaces staged bytes by those of an artifact with equal bytes, if there is one.
 */
async function share(
  { index, bytes }: ArtifactParts,
  staged: StagedBytes,
  { dedup, signal }: PutOptions,
): Promise<StagedBytes> {
  if (!dedup || !bytes.canShare) return staged;
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
