/** Datasets and experiments. */

/** Options for recording a dataset. */
export interface DatasetOptions {
  /**
   * Role of the dataset, e.g. `"train"` or `"test"`.
   *
   * @default {"train"}
   */
  readonly role?: string;
  /** Number of rows. */
  readonly rows?: number;
  /** Number of columns. */
  readonly columns?: number;
  /** Names of the columns. */
  readonly features?: readonly string[];
  /** Hash of the content, e.g. SHA-256 hex. */
  readonly hash?: string;
  /** Origin: a file name, a URL or a query. */
  readonly source?: string;
}

/** A dataset that a run used. */
export interface Dataset {
  /** UUID. */
  readonly id: string;
  /** Role, e.g. `"train"`. */
  readonly role: string;
  /** Number of rows, if known. */
  readonly rows: number | null;
  /** Number of columns, if known. */
  readonly columns: number | null;
  /** Names of the columns, if known. */
  readonly features: readonly string[] | null;
  /** Hash of the content, if known. */
  readonly hash: string | null;
  /** Origin, if known. */
  readonly source: string | null;
  /** Time at which it was recorded. */
  readonly createdAt: Date;
}

/** An experiment: a group of runs. */
export interface Experiment {
  /** Name of the experiment. */
  readonly name: string;
  /** Purpose of the experiment. */
  readonly description: string | null;
  /** Person or team responsible for it. */
  readonly owner: string | null;
  /** Number of its runs. */
  readonly runs: number;
  /** Start time of the newest run. */
  readonly lastRun: Date | null;
}
