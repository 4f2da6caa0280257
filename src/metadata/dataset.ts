/** Datasets and experiments. */

/** Options for recording a dataset. */
export interface DatasetOptions {
  /**
   * Its role, such as `"train"` or `"test"`.
   *
   * @default {"train"}
   */
  readonly role?: string;
  /** Number of rows. */
  readonly rows?: number;
  /** Number of columns. */
  readonly columns?: number;
  /** Names of its columns. */
  readonly features?: readonly string[];
  /** Hash of its content, e.g. SHA-256 hex. */
  readonly hash?: string;
  /** Where it came from: a file name, a URL, a query. */
  readonly source?: string;
}

/** A dataset that a run used. */
export interface Dataset {
  /** UUID. */
  readonly id: string;
  /** Its role, e.g. `"train"`. */
  readonly role: string;
  /** Number of rows, if known. */
  readonly rows: number | null;
  /** Number of columns, if known. */
  readonly columns: number | null;
  /** Names of its columns, if known. */
  readonly features: readonly string[] | null;
  /** Hash of its content. */
  readonly hash: string | null;
  /** Where it came from. */
  readonly source: string | null;
  /** When it was recorded. */
  readonly createdAt: Date;
}

/** An experiment: a group of runs. */
export interface Experiment {
  /** Its name. */
  readonly name: string;
  /** Its purpose. */
  readonly description: string | null;
  /** Its owner. */
  readonly owner: string | null;
  /** Number of its runs. */
  readonly runs: number;
  /** Start time of its newest run. */
  readonly lastRun: Date | null;
}
