/** A run with all that is kept of it, in the form in which it travels from store to store. */

/** One run. Values are as the database has them, so that nothing is lost on the way. */
export interface RunDocument {
  /** Its id. */
  readonly id: string;
  /** What it belongs to. */
  readonly experiment: string;
  /** Display name. */
  readonly name: string | null;
  /** Its status. */
  readonly status: string;
  /** Epoch milliseconds. */
  readonly startTime: number;
  /** Epoch milliseconds. */
  readonly endTime: number | null;
  /** Why it failed. */
  readonly error: string | null;
  /** The labels that it was started with, as EDN text. */
  readonly startTags: string | null;
  /** Where it was started, as EDN text. */
  readonly environment: string | null;
  /** Id of the run that it is part of, which need not travel with it. */
  readonly parentId: string | null;
  /** Who started it. */
  readonly createdBy: string | null;
  /** Params by name, each as EDN text. */
  readonly params: readonly (readonly [key: string, edn: string])[];
  /** Labels set later, by name. */
  readonly tags: readonly (readonly [key: string, text: string])[];
  /** Metrics, in columns of equal length. */
  readonly metrics: readonly MetricColumns[];
  /** Datasets that it used. */
  readonly datasets: readonly DatasetDocument[];
  /** What its artifacts' rows say. */
  readonly artifacts: readonly ArtifactDocument[];
  /** Versions of models that are made of its artifacts. */
  readonly models?: readonly ModelVersionDocument[] | undefined;
}

/** A version of a model. */
export interface ModelVersionDocument {
  /** Name of the model. */
  readonly model: string;
  /** What the model is. */
  readonly modelDescription: string | null;
  /** When the model was registered first, in epoch milliseconds. */
  readonly modelCreatedAt: number;
  /** Its number. */
  readonly version: number;
  /** The artifact that it is made of. */
  readonly artifactId: string;
  /** How far it has come. */
  readonly stage: string;
  /** What it is. */
  readonly description: string | null;
  /** Epoch milliseconds. */
  readonly createdAt: number;
}

/** The values of one metric, in the order logged. */
export interface MetricColumns {
  /** The metric. */
  readonly key: string;
  /** Values; those that JSON has no number for are `"NaN"`, `"Infinity"` and `"-Infinity"`. */
  readonly values: readonly (number | string)[];
  /** Training steps. */
  readonly steps: readonly number[];
  /** Epoch milliseconds. */
  readonly times: readonly number[];
}

/** A dataset that a run used. */
export interface DatasetDocument {
  /** UUID. */
  readonly id: string;
  /** Its role, e.g. `"train"`. */
  readonly role: string;
  /** Number of rows. */
  readonly rows: number | null;
  /** Number of columns. */
  readonly columns: number | null;
  /** Names of its columns, as EDN text. */
  readonly features: string | null;
  /** Hash of its content. */
  readonly hash: string | null;
  /** Where it came from. */
  readonly source: string | null;
  /** Epoch milliseconds. */
  readonly createdAt: number;
}

/** What an artifact's row says. */
export interface ArtifactDocument {
  /** UUID. */
  readonly id: string;
  /** Its name within the run. */
  readonly name: string;
  /** MIME type, where it is known. */
  readonly contentType: string | null;
  /** Bytes. */
  readonly size: number;
  /** SHA-256, lower-case hex. */
  readonly hash: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
}

/** Whether two documents tell of the same run, in whatever order. Models are no part of a run. */
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

/** Each is made text once: the points of a metric can be many. */
function textOf(entries: readonly [key: string, value: unknown][]): string {
  return JSON.stringify(entries.toSorted(([a], [b]) => a < b ? -1 : 1));
}
