/** Complete copy of a run, for transfer between stores. */

/** A run. Values are in the form of the database, so that nothing is lost. */
export interface RunDocument {
  /** Id of the run. */
  readonly id: string;
  /** Name of its experiment. */
  readonly experiment: string;
  /** Display name. */
  readonly name: string | null;
  /** Status. */
  readonly status: string;
  /** Start time, in epoch milliseconds. */
  readonly startTime: number;
  /** End time, in epoch milliseconds. */
  readonly endTime: number | null;
  /** Error of a failed run. */
  readonly error: string | null;
  /** Tags set at the start, as EDN text. */
  readonly startTags: string | null;
  /** Environment in which it was started, as EDN text. */
  readonly environment: string | null;
  /** Id of its parent, which may not be transferred with it. */
  readonly parentId: string | null;
  /** Name of the user who started it. */
  readonly createdBy: string | null;
  /** Params by name, each as EDN text. */
  readonly params: readonly (readonly [key: string, edn: string])[];
  /** Tags set later, by name. */
  readonly tags: readonly (readonly [key: string, text: string])[];
  /** Metrics, as columns of equal length. */
  readonly metrics: readonly MetricColumns[];
  /** Datasets used by the run. */
  readonly datasets: readonly DatasetDocument[];
  /** Records of its artifacts. */
  readonly artifacts: readonly ArtifactDocument[];
  /** Model versions that use its artifacts. */
  readonly models?: readonly ModelVersionDocument[] | undefined;
}

/** A version of a model. */
export interface ModelVersionDocument {
  /** Name of the model. */
  readonly model: string;
  /** Description of the model. */
  readonly modelDescription: string | null;
  /** Creation time of the model, in epoch milliseconds. */
  readonly modelCreatedAt: number;
  /** Version number. */
  readonly version: number;
  /** Id of its artifact. */
  readonly artifactId: string;
  /** Stage. */
  readonly stage: string;
  /** Description of the version. */
  readonly description: string | null;
  /** Time of registration, in epoch milliseconds. */
  readonly createdAt: number;
}

/** Points of one metric, in the order they were logged. */
export interface MetricColumns {
  /** Name of the metric. */
  readonly key: string;
  /** Values; numbers without JSON form are `"NaN"`, `"Infinity"` and `"-Infinity"`. */
  readonly values: readonly (number | string)[];
  /** Training steps. */
  readonly steps: readonly number[];
  /** Times, in epoch milliseconds. */
  readonly times: readonly number[];
}

/** A dataset that a run used. */
export interface DatasetDocument {
  /** UUID. */
  readonly id: string;
  /** Role, e.g. `"train"`. */
  readonly role: string;
  /** Number of rows. */
  readonly rows: number | null;
  /** Number of columns. */
  readonly columns: number | null;
  /** Names of the columns, as EDN text. */
  readonly features: string | null;
  /** Hash of the content. */
  readonly hash: string | null;
  /** Origin. */
  readonly source: string | null;
  /** Time at which it was recorded, in epoch milliseconds. */
  readonly createdAt: number;
}

/** Record of an artifact. */
export interface ArtifactDocument {
  /** UUID. */
  readonly id: string;
  /** Name within the run. */
  readonly name: string;
  /** MIME type, if known. */
  readonly contentType: string | null;
  /** Size in bytes. */
  readonly size: number;
  /** SHA-256, lower-case hex. */
  readonly hash: string;
  /** Creation time, in epoch milliseconds. */
  readonly createdAt: number;
}

/** Whether two documents describe the same run, in any order. Models are ignored. */
export function sameDocument(a: RunDocument, b: RunDocument): boolean {
  return canonical(a) === canonical(b);
}

function canonical(run: RunDocument): string {
  const { models: _, ...own } = run;
  return textOf(Object.entries(own).map(([key, value]) => [key, sortItems(value)]));
}

function sortItems(value: unknown): unknown {
  if (!Array.isArray(value)) return value;
  return value.map((item) =>
    Array.isArray(item) ? JSON.stringify(item) : textOf(Object.entries(item))
  ).sort();
}

/** Converts entries to sorted text, once per entry, because a metric may have many points. */
function textOf(entries: readonly [key: string, value: unknown][]): string {
  return JSON.stringify(entries.toSorted(([a], [b]) => a < b ? -1 : 1));
}
