import type { Progress } from "../bytes/byte_store.ts";
import type { VerifySummary } from "../maintenance/verify.ts";
import type { Omitted } from "./copy_artifacts.ts";

/** Options for {@linkcode Store.backup}. */
export interface BackupOptions {
  /**
   * Whether the backup may share files with the store by hard links, if both are on one file
   * system. Such a backup takes no space and protects against removal, but not against a failing
   * disk.
   *
   * @default {false}
   */
  readonly link?: boolean;
  /**
   * Whether to verify the whole backup afterwards. Files of an earlier backup are also verified
   * first, and copied again if they are damaged.
   *
   * @default {false}
   */
  readonly check?: boolean;
  /**
   * Whether to continue although the directory holds the backup of another store, of a store that
   * was moved, or files that belong to no backup. The latter stay.
   *
   * @default {false}
   */
  readonly takeOver?: boolean;
  /**
   * Number of backups to keep. Each gets its own subdirectory, named by its time in UTC; unchanged
   * files are shared by hard links. The oldest ones above this number are removed once the new one
   * is complete. By default there is one backup, which is updated in place.
   */
  readonly keep?: number;
  /**
   * Stops the backup, once running copies of large files have finished. The previous backup stays
   * intact.
   */
  readonly signal?: AbortSignal;
  /** Called with the number of bytes processed. */
  readonly onProgress?: (progress: Progress) => void;
}

/** Result of a backup. */
export interface BackupReport {
  /** Absolute path of the backup's database, which can be opened as a store. */
  readonly path: string;
  /** Absolute path of its artifact directory. */
  readonly artifactDir: string;
  /** Number of artifacts in the backup. */
  readonly artifacts: number;
  /** Their total size, in bytes. */
  readonly bytes: number;
  /** Number of artifacts copied this time. */
  readonly copied: number;
  /** Their total size, in bytes. */
  readonly copiedBytes: number;
  /** Number of artifacts that share their file with the store because of `link`. */
  readonly linked: number;
  /** Artifacts left out: removed meanwhile, or damaged in the store. */
  readonly omitted: readonly Omitted[];
  /** Number of runs in the previous backup that are no longer in the store. */
  readonly droppedRuns: number;
  /** Number of artifacts in the previous backup that are not in this one. */
  readonly droppedArtifacts: number;
  /** Errors of removing files that the backup no longer needs. */
  readonly failed: readonly Error[];
  /** Directories of backups that were removed because of `keep`. */
  readonly removed: readonly string[];
  /** Result of the verification, if `check` is set. */
  readonly check: VerifySummary | undefined;
}
