/** What is known of the data that a run used. */

/** A dataset as it is noted. */
export interface DatasetOptions {
  /**
   * What it is used for, such as `"train"` or `"test"`.
   *
   * @default {"train"}
   */
  readonly role?: string;
  /** Rows. */
  readonly rows?: number;
  /** Columns. */
  readonly columns?: number;
  /** Names of its columns. */
  readonly features?: readonly string[];
  /** Of its content, such as a SHA-256. */
  readonly hash?: string;
  /** Where it came from: a file name, a URL, a query. */
  readonly source?: string;
}

/** A dataset that a run used. */
export interface Dataset {
  /** UUID. */
  readonly id: string;
  /** What it was used for. */
  readonly role: string;
  /** Rows, where they are known. */
  readonly rows: number | null;
  /** Columns, where they are known. */
  readonly columns: number | null;
  /** Names of its columns, where they are known. */
  readonly features: readonly string[] | null;
  /** Of its content. */
  readonly hash: string | null;
  /** Where it came from. */
  readonly source: string | null;
  /** When it was noted. */
  readonly createdAt: Date;
}

/** An experiment: runs that belong together. */
export interface Experiment {
  /** Its name. */
  readonly name: string;
  /** What it is about. */
  readonly description: string | null;
  /** Whose it is. */
  readonly owner: string | null;
  /** Runs that it has. */
  readonly runs: number;
  /** When the last of them started. */
  readonly lastRun: Date | null;
}
