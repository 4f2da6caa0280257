import type { Progress } from "../bytes/byte_store.ts";
import type { VerifySummary } from "../maintenance/verify.ts";
import type { Omitted } from "./copy_artifacts.ts";

/** How to back up. */
export interface BackupOptions {
  /**
   * Whether the backup may share files with the store, by hard links, where both are on one file
   * system. It takes no space then, and protects against removal, but not against a failing disk.
   *
   * @default {false}
   */
  readonly link?: boolean;
  /**
   * Whether to verify the whole backup afterwards. What was there before is read first, too, and
   * copied again if it proves damaged.
   *
   * @default {false}
   */
  readonly check?: boolean;
  /**
   * Whether to go on where the backup of another store, or of one that was moved, is, or where files
   * are that belong to no backup. Those stay.
   *
   * @default {false}
   */
  readonly takeOver?: boolean;
  /**
   * How many backups to keep. Each gets a directory of its own in the one given, named by its time in
   * UTC; files that have not changed are shared between them, by hard links. The oldest beyond this
   * number are removed once the new one is whole. Without it, there is one backup, brought up to date.
   */
  readonly keep?: number;
  /**
   * Stops the work, when the copies that the system is making of large files are made; the previous
   * backup is as it was then.
   */
  readonly signal?: AbortSignal;
  /** Called with the bytes done so far. */
  readonly onProgress?: (progress: Progress) => void;
}

/** Result of a backup. */
export interface BackupReport {
  /** Absolute path of the backup's database, which opens as a store. */
  readonly path: string;
  /** Absolute path of its artifact directory. */
  readonly artifactDir: string;
  /** Artifacts that the backup has. */
  readonly artifacts: number;
  /** Their bytes. */
  readonly bytes: number;
  /** Artifacts that had to be copied this time. */
  readonly copied: number;
  /** Bytes of these. */
  readonly copiedBytes: number;
  /** Artifacts of the backup that share their file with the store, as `link` allows. */
  readonly linked: number;
  /** Artifacts left out, with their records: removed meanwhile, or damaged in the store. */
  readonly omitted: readonly Omitted[];
  /** Runs of the previous backup that this one does not have: they are gone from the store. */
  readonly droppedRuns: number;
  /** Artifacts of the previous backup that this one does not have. */
  readonly droppedArtifacts: number;
  /** Files that the backup has no use for any more and that could not be removed, and why. */
  readonly failed: readonly Error[];
  /** Backups that were removed, as `keep` asks, by their directories. */
  readonly removed: readonly string[];
  /** Result of the check, if one was asked for. */
  readonly check: VerifySummary | undefined;
}
