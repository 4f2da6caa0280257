/** What `--json` prints: one document for each command. */
export interface Documents {
  start: Run;
  /** A list, where several are named. */
  end: Run | Run[];
  exec: {
    /** `null` where the program could not be found. */
    run: Run | null;
    /** The program's exit code. */
    code: number;
    /** What could not be stored or logged, in sentences. */
    problems: string[];
  };
  log: {
    runs: string[];
    metrics: Record<string, number | string>;
    params: Record<string, Value>;
    /** `null` for those that were removed. */
    tags: Record<string, string | null>;
    /** With `-`: how many lines logged something, and what could not be logged. */
    lines?: { logged: number; problems: string[] };
  };
  put: Artifact[];
  /** The second form, where several are named. */
  get:
    | Artifact & { savedTo: string }
    | {
      saved: (Artifact & { savedTo: string })[];
      failed: { name: string; error: string }[];
    };
  ls: (Artifact | Log)[];
  show: {
    run: Run;
    params: Record<string, Value>;
    metrics: Metric[];
    datasets: Dataset[];
    artifacts: Artifact[];
    /** Runs that are part of it, the newest first. */
    children: Run[];
    /** Where a version of a model was named. */
    version?: ModelVersion;
  };
  /** A list, where several are named. */
  rm: { removed: Removed | Removed[] };
  /** With the params and metrics (their last values) that the list is sorted or filtered by, or shows. */
  runs: (Run & { params?: Record<string, Value>; metrics?: Record<string, number | string> })[];
  /** Values are in the order of the runs; `null` where a run has none. */
  compare: {
    runs: Run[];
    params: { key: string; values: (Value | null)[]; differs: boolean }[];
    metrics: { key: string; values: (Metric | null)[]; differs: boolean }[];
  };
  archive: Run[];
  unarchive: Run[];
  rename: Run;
  /** Points in the order of metrics, then as they were logged. */
  metrics: { key: string; value: number | string; step: number; timestamp: string }[];
  /** Curves with as many points as the chart has room for, in columns of equal length. */
  plot: {
    run: string;
    key: string;
    steps: number[];
    values: (number | string)[];
    times: string[];
  }[];
  /** The versions, where a model is named; the model, where it is described. */
  models: Model[] | ModelVersion[] | Model;
  /** The experiment, where one is named. */
  experiments: Experiment[] | Experiment;
  /** `version` is `null` where the whole model is removed. */
  unregister: { removed: { model: string; version: number | null } };
  register: ModelVersion;
  promote: ModelVersion;
  verify: VerifySummary & { findings: Finding[] };
  gc: {
    removed: { kind: "orphan" | "staged" | "directory"; path: string; bytes: number }[];
    bytes: number;
    failed: { path: string; error: string }[];
    /** Outermost names of what the store has never put there. It stays. */
    foreign: string[];
    dryRun: boolean;
  };
  /** Runs that a model version is made of are kept. */
  prune: { removed: Run[]; kept: Run[]; dryRun: boolean };
  /** `bytes` are freed; what is `unshared` has the bytes of another, but cannot be linked to it. */
  dedup: {
    shared: Artifact[];
    bytes: number;
    unshared: Artifact[];
    failed: { artifact: Artifact; error: string }[];
    dryRun: boolean;
  };
  backup: {
    /** Of the backup's database, and its artifact directory. */
    path: string;
    artifactDir: string;
    artifacts: number;
    bytes: number;
    copied: number;
    copiedBytes: number;
    /** How many share their file with the store, as with `--link`. */
    linked: number;
    /** Left out, with their rows: removed meanwhile, or damaged. */
    omitted: { artifact: Artifact; error: string; code: string }[];
    /** Of the previous backup, what this one does not have. */
    droppedRuns: number;
    droppedArtifacts: number;
    /** Files that could not be removed, in sentences. */
    failed: string[];
    /** Directories of backups that were removed, with `--keep`. */
    removed: string[];
    /** With `--check`. */
    check?: VerifySummary;
  };
  restore: {
    path: string;
    artifactDir: string;
    /** Whether it was brought back too, and where the damaged one is now. */
    database: boolean;
    setAside?: string;
    /** Files that the backup does not have, and where they are now. */
    filesAside: number;
    filesAsideDir?: string;
    /** Whether the store has runs of the backup. */
    isRelated: boolean;
    restored: Artifact[];
    bytes: number;
    /** Missing or damaged still. */
    failed: { artifact: Artifact; error: string }[];
    dryRun: boolean;
  };
  /** A run that is not `imported` was there already; one that is `merged` got what it lacked. */
  import: {
    runs: { id: string; archivedId: string; imported: boolean; merged: boolean }[];
    artifacts: number;
    bytes: number;
  };
  info: {
    /** Paths, or URLs without passwords. */
    location: { database: string; artifacts: string };
    /** Left out where the database is on a server. */
    path?: string;
    /** Left out where artifacts are in a bucket. */
    artifactDir?: string;
    /** Left out where the database is on a server. */
    driver?: "builtin" | "ffi";
    /** How many, by status. */
    runs: Record<string, number>;
    experiments: number;
    artifacts: number;
    /** Of all artifacts. */
    bytes: number;
    /** With `--files`: of their files, each counted once however many artifacts share it. */
    fileBytes?: number;
    databaseBytes: number;
  };
  doctor: { name: string; state: "ok" | "warning" | "problem"; message: string }[];
}

/** Printed to standard error in place of any of these, with an exit code other than 0. */
export interface Failure {
  error: { code: string; message: string };
}

/** A run, or an artifact of it. */
export interface Removed {
  run: string;
  name?: string;
}

/** Output that is no artifact yet: `growing` while its program runs. */
export interface Log {
  runId: string;
  name: string;
  size: number;
  changedAt: string;
  growing: boolean;
}

export interface Run {
  id: string;
  experiment: string;
  name: string | null;
  /** `running`, `completed` or `failed`. */
  status: string;
  startTime: string;
  endTime: string | null;
  error: string | null;
  tags: Record<string, string>;
  parentId: string | null;
  createdBy: string | null;
  environment: Record<string, Value> | null;
}

export interface Artifact {
  id: string;
  runId: string;
  name: string;
  /** Below the artifact directory. */
  path: string;
  contentType: string | null;
  size: number;
  /** SHA-256, in hexadecimal digits. */
  hash: string;
  createdAt: string;
}

/** What the values of a metric come to. */
export interface Metric {
  key: string;
  count: number;
  last: number | string;
  step: number;
  min: number | string;
  max: number | string;
}

export interface Dataset {
  id: string;
  role: string;
  rows: number | null;
  columns: number | null;
  features: string[] | null;
  hash: string | null;
  source: string | null;
  createdAt: string;
}

export interface Model {
  name: string;
  description: string | null;
  createdAt: string;
  versions: number;
  production: number | null;
}

export interface Experiment {
  name: string;
  description: string | null;
  owner: string | null;
  runs: number;
  /** Start of its newest run. */
  lastRun: string | null;
}

export interface ModelVersion {
  model: string;
  version: number;
  runId: string;
  artifactId: string;
  stage: string;
  description: string | null;
  createdAt: string;
}

export interface VerifySummary {
  artifacts: number;
  bytes: number;
  /** How many of them were read. */
  hashed: number;
  damaged: number;
  leftovers: number;
  foreign: number;
}

export interface Finding {
  kind:
    | "missing"
    | "wrong-size"
    | "wrong-hash"
    | "not-a-file"
    | "unsafe-path"
    | "damaged-row"
    | "damaged-database"
    | "dangling-version"
    | "unreadable"
    | "orphan"
    | "abandoned"
    | "foreign";
  path: string;
  artifact?: Artifact;
  /** Size or hash, where the row is not true. */
  expected?: number | string;
  found?: number | string;
  message: string;
}

/** Any JSON. What JSON has not is text: `"NaN"`, `"##Inf"`, `":keyword"`. */
export type Value = unknown;
