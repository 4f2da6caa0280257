import type { ByteStore } from "../bytes/byte_store.ts";
import type { ArtifactIndex } from "../metadata/artifact_index.ts";
import type { ArtifactReader } from "./artifact_reader.ts";
import type { Orphans } from "./orphans.ts";

/** What work on artifacts needs of a store. */
export interface ArtifactParts {
  /** Records. */
  readonly index: ArtifactIndex;
  /** Bytes. */
  readonly bytes: ByteStore;
  /** Reads the two together. */
  readonly reader: ArtifactReader;
  /** Bytes of puts that failed. */
  readonly orphans: Orphans;
  /** Directory of the store's own files, where it has one. */
  readonly root: string | undefined;
  /** The clock, in epoch milliseconds. */
  readonly now: () => number;
  /** How long other writers are waited for, in milliseconds. */
  readonly busyTimeout: number;
}
