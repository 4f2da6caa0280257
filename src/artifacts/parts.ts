import type { ByteStore } from "../bytes/byte_store.ts";
import type { ArtifactIndex } from "../metadata/artifact_index.ts";
import type { ArtifactReader } from "./artifact_reader.ts";
import type { ArtifactWriter } from "./artifact_writer.ts";
import type { Orphans } from "./orphans.ts";

/** The parts of a store that operations on artifacts need. */
export interface ArtifactParts {
  /** Records. */
  readonly index: ArtifactIndex;
  /** Bytes. */
  readonly bytes: ByteStore;
  /** Reads records and bytes together. */
  readonly reader: ArtifactReader;
  /** Bytes of failed puts. */
  readonly orphans: Orphans;
  /** What changes artifacts instead, where that is done on a server. */
  readonly writer?: ArtifactWriter | undefined;
  /** Artifact directory, if the bytes are files. */
  readonly root: string | undefined;
  /** Clock, in epoch milliseconds. */
  readonly now: () => number;
  /** How long to wait for other writers, in milliseconds. */
  readonly busyTimeout: number;
}
