import type { OpenOptions } from "../context/open_options.ts";
import type { Progress } from "../bytes/byte_store.ts";

/** Options for {@linkcode restoreStore}. */
export interface RestoreOptions
  extends Pick<OpenOptions, "path" | "artifactDir" | "driver" | "busyTimeout"> {
  /**
   * Whether to move a damaged database aside and restore the backup's. By default a damaged
   * database is an error. An intact one is always kept.
   *
   * @default {false}
   */
  readonly database?: boolean;
  /**
   * Whether to check only the sizes of existing files, without hashing them.
   *
   * @default {false}
   */
  readonly quick?: boolean;
  /**
   * Whether to only report what would be restored.
   *
   * @default {false}
   */
  readonly dryRun?: boolean;
  /** Stops the restore; artifacts already restored stay. */
  readonly signal?: AbortSignal;
  /** Called with the number of bytes checked or copied. */
  readonly onProgress?: (progress: Progress) => void;
}
