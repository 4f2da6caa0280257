/** Types of the server's responses. */

/** A number of a metric; JSON has no form for the last three. */
export type Num = number | "NaN" | "Infinity" | "-Infinity";

/** `GET /api/store`. */
export interface StoreInfo {
  readonly name: string;
  readonly path?: string;
  readonly address?: string;
  readonly version: string;
  readonly "read-only": boolean;
  readonly role: string;
  readonly user?: string | null;
  /** The last verification of the whole store. */
  readonly verified?: {
    readonly time: number;
    readonly artifacts: number;
    readonly damaged: number;
  } | null;
  readonly experiments: readonly ExperimentInfo[];
  readonly runs: Readonly<Record<string, number>>;
  readonly artifacts: number;
  readonly bytes: number;
}

/** One experiment of {@linkcode StoreInfo}. */
export interface ExperimentInfo {
  readonly id?: string;
  readonly name: string;
  readonly runs: number;
  readonly archived?: number;
  readonly running?: number;
  readonly description?: string | null;
}

/** `GET /api/columns`. */
export interface ColumnNames {
  readonly params: readonly string[];
  readonly metrics: readonly string[];
  readonly tags: readonly string[];
  readonly truncated?: boolean;
}

/** Last, smallest and largest value of a metric. */
export interface Summary {
  readonly last: Num;
  readonly min: Num;
  readonly max: Num;
  readonly count: number;
  readonly step?: number;
}

/** Fields of a run in every response. */
interface RunFields {
  readonly id: string;
  readonly experiment: string;
  readonly name?: string | null;
  readonly status: string;
  readonly dead?: boolean;
  readonly "start-time": number;
  readonly "end-time"?: number | null;
}

/** One run of `GET /api/table`. */
export interface Row extends RunFields {
  readonly duration?: number | null;
  readonly "created-by"?: string | null;
  readonly "parent-run-id"?: string | null;
  readonly error?: string | null;
  readonly params: Readonly<Record<string, string>>;
  readonly metrics: Readonly<Record<string, Summary>>;
  readonly tags: Readonly<Record<string, string>>;
}

/** `GET /api/table`. */
export interface TablePage {
  readonly runs: readonly Row[];
  readonly total: number;
  readonly next?: string | null;
}

/** A dataset that a run used. */
export interface DatasetInfo {
  readonly id?: string;
  readonly role?: string | null;
  readonly source?: string | null;
  readonly hash?: string | null;
  readonly "n-rows"?: number | null;
  readonly "n-cols"?: number | null;
  readonly features?: unknown;
}

/** `GET /api/runs/:id?points=none`. */
export interface RunDetail extends RunFields {
  readonly error?: string | null;
  readonly tags?: Readonly<Record<string, string>>;
  readonly env?: unknown;
  readonly "parent-run-id"?: string | null;
  readonly "created-by"?: string | null;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly "metric-summary"?: Readonly<Record<string, Summary>>;
  readonly artifacts?: readonly ArtifactInfo[];
  readonly datasets?: readonly DatasetInfo[];
  readonly children?: readonly string[];
  readonly models?: readonly ModelUse[];
}

/** A version of a model that came from a run. */
export interface ModelUse {
  readonly name: string;
  readonly version: number;
  readonly stage?: string | null;
}

/** An artifact's record. */
export interface ArtifactInfo {
  readonly id: string;
  readonly "run-id"?: string;
  readonly name: string;
  readonly "content-type"?: string | null;
  readonly size?: number | null;
  readonly hash?: string | null;
  readonly "created-at"?: number;
}

/** One entry of `GET /api/runs/:id/files`. */
export interface FileEntry {
  readonly name: string;
  readonly directory: boolean;
  /** A log that still grows. */
  readonly growing?: boolean;
  readonly "artifact-id"?: string;
  readonly size?: number | null;
  readonly "content-type"?: string | null;
  readonly hash?: string | null;
  readonly "created-at"?: number;
}

/** One curve of `GET /api/curves`. */
export interface Curve {
  readonly "run-id": string;
  readonly key: string;
  readonly count: number;
  readonly thinned: boolean;
  /** Number of points that are NaN or infinite. */
  readonly "non-finite": number;
  readonly steps: readonly number[];
  readonly values: readonly Num[];
  readonly times: readonly number[];
}

/** A model of `GET /api/models`. */
export interface ModelInfo {
  readonly name: string;
  readonly description?: string | null;
  readonly "created-at": number;
  readonly versions?: number;
  readonly production?: number | null;
}

/** A version of `GET /api/models/:name`. */
export interface VersionInfo {
  readonly "model-name": string;
  readonly version: number;
  readonly "run-id"?: string | null;
  readonly "artifact-id"?: string | null;
  readonly artifact?: string | null;
  readonly stage?: string | null;
  readonly aliases?: readonly string[];
  readonly description?: string | null;
  readonly "created-at": number;
}

/** An event of `GET /api/events`. */
export interface LiveEvent {
  readonly kind: string;
  readonly "run-id"?: string;
  readonly experiment?: string;
}

/** Answer of changes of several runs: those that were changed, and those that could not be. */
export interface Changed {
  readonly done?: readonly string[];
  readonly failed?: readonly { readonly id: string; readonly error: string }[];
}
