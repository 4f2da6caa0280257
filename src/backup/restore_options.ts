import type { OpenOptions } from "../context/open_options.ts";
import type { Progress } from "../bytes/byte_store.ts";

/** How to restore. */
export interface RestoreOptions
  extends Pick<OpenOptions, "path" | "artifactDir" | "driver" | "busyTimeout"> {
  /**
   * Whether a database that is there, but damaged, is set aside, and the backup's is taken. Without
   * it, a damaged database is an error, and one that is whole is kept in any case.
   *
   * @default {false}
   */
  readonly database?: boolean;
  /**
   * Whether to leave out hashing the files that are there, and only look at their sizes.
   *
   * @default {false}
   */
  readonly quick?: boolean;
  /**
   * Whether to tell only what would be brought back.
   *
   * @default {false}
   */
  readonly dryRun?: boolean;
  /** Stops the work; what has been brought back stays. */
  readonly signal?: AbortSignal;
  /** Told of the bytes looked at or copied so far. */
  readonly onProgress?: (progress: Progress) => void;
}
