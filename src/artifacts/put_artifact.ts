/** Storing of staged bytes as an artifact. */
import { backoffDelay, wait } from "../base/async.ts";
import { ArtifactExistsError } from "../base/errors.ts";
import type { StagedBytes } from "../bytes/byte_store.ts";
import type { ArtifactRecord, NewArtifact } from "../metadata/artifact_index.ts";
import type { ArtifactParts } from "./parts.ts";
import type { PutOptions } from "./put_options.ts";
import { recoverReplacements } from "./recover_replacements.ts";
import { resolveExisting } from "./resolve_existing.ts";

/**
 * Publishes staged bytes and inserts their record. In any case nothing stays staged.
 *
 * @returns The record.
 * @throws {ArtifactExistsError} If the run already has the artifact, unless `ifExists` allows it.
 */
export async function putStaged(
  parts: ArtifactParts,
  staged: StagedBytes,
  artifact: NewArtifact,
  options: PutOptions,
): Promise<ArtifactRecord> {
  const attempt = new Attempt(parts, staged);
  try {
    for (let tries = 0, start = performance.now();; tries++) {
      const outcome = await parts.index.insert(artifact, attempt.publish, options.signal);
      const record = "inserted" in outcome
        ? outcome.inserted
        : await resolveExisting(parts, outcome.found, staged, artifact, options);
      if (record) {
        await staged.release();
        if ("inserted" in outcome) await parts.orphans.collect();
        return record;
      }
      // Another writer is replacing the artifact, or crashed while doing so.
      if (performance.now() - start > parts.busyTimeout) {
        throw new ArtifactExistsError(artifact.runId, artifact.name);
      }
      await recoverReplacements(parts);
      await wait(backoffDelay(tries), options.signal);
    }
  } catch (error) {
    const record = await attempt.rollBack(artifact);
    if (!record) {
      await staged.discard();
      throw error;
    }
    await staged.release();
    return record;
  }
}

/** Publishing of staged bytes, and cleanup if their record is not committed. */
class Attempt {
  readonly #parts: ArtifactParts;
  readonly #staged: StagedBytes;
  #key: string | undefined;
  #isPublished = false;

  constructor(parts: ArtifactParts, staged: StagedBytes) {
    this.#parts = parts;
    this.#staged = staged;
  }

  readonly publish = async (key: string): Promise<void> => {
    const { index, bytes } = this.#parts;
    this.#key = key;
    this.#isPublished = false;
    // A damaged index may hide the record of existing bytes.
    const isOrphan = async (key: string) => (await index.namedByScan([key])).size === 0;
    await bytes.publish(this.#staged, key, { isOrphan });
    this.#isPublished = true;
  };

  /**
   * Cleans up after a failure. Returns the record if it was committed after all; otherwise removes
   * the bytes, or keeps them until the commit has certainly failed.
   */
  async rollBack({ runId, name }: NewArtifact): Promise<ArtifactRecord | undefined> {
    const key = this.#key;
    if (key === undefined) return undefined;
    const { index, bytes, orphans } = this.#parts;
    try {
      const isThere = await bytes.isPublished(this.#staged, key);
      if (!isThere) return undefined;
      const found = (await index.byName(runId, name))?.record;
      if (found?.path === key && found.hash === this.#staged.hash) return found;
      // The record may be in the failed commit.
      if (this.#isPublished) orphans.add(key);
      else await orphans.remove([key]);
      await orphans.collect();
    } catch {
      // Best effort: the next put of the name replaces the orphan, or `gc` removes it.
    }
  }
}
