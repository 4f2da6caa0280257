/** Where artifacts are changed, if it is not here. */
import type { StagedBytes } from "../bytes/byte_store.ts";
import type { ArtifactRecord, NewArtifact } from "../metadata/artifact_index.ts";
import type { PutOptions } from "./put_options.ts";

/** Staged bytes, and the artifact that they become. */
export interface StagedArtifact {
  /** The bytes. */
  readonly staged: StagedBytes;
  /** The artifact. */
  readonly artifact: NewArtifact;
}

/** Result of storing several artifacts: their records, or the names that are taken. */
export type PutAllResult =
  | { readonly records: readonly ArtifactRecord[] }
  | { readonly found: ReadonlyMap<string, unknown> };

/** Changes artifacts on a server, which keeps records and bytes consistent with each other. */
export interface ArtifactWriter {
  /**
   * Gives staged bytes their record. Whatever comes of it, nothing is staged any more.
   *
   * @throws {ArtifactExistsError} If the run has an artifact of this name, and `ifExists` refuses that.
   */
  put(
    staged: StagedBytes,
    artifact: NewArtifact,
    options: PutOptions,
  ): Promise<ArtifactRecord>;
  /** Gives staged bytes of one run their records, all or none. */
  putAll(
    runId: string,
    artifacts: readonly StagedArtifact[],
    signal?: AbortSignal,
  ): Promise<PutAllResult>;
  /**
   * Removes an artifact: its record, then its bytes.
   *
   * @throws {ArtifactInUseError} If a model version is made of it, unless `force` is set.
   * @throws {ArtifactNotFoundError} If it is gone.
   */
  remove(id: string, force: boolean): Promise<void>;
}
