/** Output of `--json`: one document for each command. */
export interface Documents {
  start: Run;
  /** An array if several runs are named. */
  end: Run | Run[];
  exec: {
    /** `null` if the program was not found. */
    run: Run | null;
    /** Exit code of the program. */
    code: number;
    /** Problems with storing and logging, one sentence each. */
    problems: string[];
  };
  log: {
    runs: string[];
    metrics: Record<string, number | string>;
    params: Record<string, Value>;
    /** `null` for removed tags. */
    tags: Record<string, string | null>;
    /** With `-`: number of log commands executed, and problems. */
    lines?: { logged: number; problems: string[] };
  };
  put: Artifact[];
  /** The second form if several artifacts are named. */
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
    /** Child runs, newest first. */
    children: Run[];
    /** Only if the run is named by a model version. */
    version?: ModelVersion;
  };
  /** An array if several are named. */
  rm: { removed: Removed | Removed[] };
  /** With the params and metrics (last values) in the columns, filters and order of the list. */
  runs: (Run & { params?: Record<string, Value>; metrics?: Record<string, number | string> })[];
  /** Values are in the order of the runs; `null` for a run without the param or metric. */
  compare: {
    runs: Run[];
    params: { key: string; values: (Value | null)[]; differs: boolean }[];
    metrics: { key: string; values: (Metric | null)[]; differs: boolean }[];
  };
  archive: Run[];
  unarchive: Run[];
  rename: Run;
  /** Points by metric, then in the order they were logged. */
  metrics: { key: string; value: number | string; step: number; timestamp: string }[];
  /** Curves as columns of equal length, with as many points as fit in the chart. */
  plot: {
    run: string;
    key: string;
    steps: number[];
    values: (number | string)[];
    times: string[];
  }[];
  /** The versions if a model is named; the model if it is described. */
  models: Model[] | ModelVersion[] | Model;
  copy: {
    /** Runs that the other store did not have. */
    copied: number;
    /** Runs that it had in part, and has now. */
    updated: number;
    /** Runs that it had already. */
    existing: number;
    artifacts: number;
    bytes: number;
    failed: { runId: string; error: string }[];
  };
  /** A single experiment if one is named. */
  experiments: Experiment[] | Experiment;
  /** `version` is `null` if the whole model was removed. */
  unregister: { removed: { model: string; version: number | null } };
  register: ModelVersion;
  promote: ModelVersion;
  verify: VerifySummary & { findings: Finding[] };
  gc: {
    removed: { kind: "orphan" | "staged" | "directory"; path: string; bytes: number }[];
    bytes: number;
    failed: { path: string; error: string }[];
    /** Top-level names of files of other origin. They stay. */
    foreign: string[];
    dryRun: boolean;
  };
  /** `kept` are matching runs that model versions use. */
  prune: { removed: Run[]; kept: Run[]; dryRun: boolean };
  /** `bytes` is the space freed; `unshared` artifacts are duplicates that cannot be linked. */
  dedup: {
    shared: Artifact[];
    bytes: number;
    unshared: Artifact[];
    failed: { artifact: Artifact; error: string }[];
    dryRun: boolean;
  };
  backup: {
    /** Path of the backup's database. */
    path: string;
    artifactDir: string;
    artifacts: number;
    bytes: number;
    copied: number;
    copiedBytes: number;
    /** Number of artifacts that share their file with the store because of `--link`. */
    linked: number;
    /** Artifacts left out: removed meanwhile, or damaged. */
    omitted: { artifact: Artifact; error: string; code: string }[];
    /** Runs and artifacts of the previous backup that this one does not have. */
    droppedRuns: number;
    droppedArtifacts: number;
    /** Files that could not be removed, one sentence each. */
    failed: string[];
    /** Directories of backups that were removed because of `--keep`. */
    removed: string[];
    /** Only with `--check`. */
    check?: VerifySummary;
  };
  restore: {
    path: string;
    artifactDir: string;
    /** Whether the database was restored, and the path of the former one. */
    database: boolean;
    setAside?: string;
    /** Number of files that are not in the backup, and the directory they were moved to. */
    filesAside: number;
    filesAsideDir?: string;
    /** Whether the store has runs of the backup. */
    isRelated: boolean;
    restored: Artifact[];
    bytes: number;
    /** Artifacts still missing or damaged. */
    failed: { artifact: Artifact; error: string }[];
    dryRun: boolean;
  };
  /** A run that is neither `imported` nor `merged` (updated) already existed. */
  import: {
    runs: { id: string; archivedId: string; imported: boolean; merged: boolean }[];
    artifacts: number;
    bytes: number;
  };
  info: {
    /** Paths, or URLs without passwords. */
    location: { database: string; artifacts: string };
    /** Omitted if the database is on a server. */
    path?: string;
    /** Omitted if artifacts are in a bucket. */
    artifactDir?: string;
    /** Omitted if the database is on a server. */
    driver?: "builtin" | "ffi";
    /** Number of runs by status. */
    runs: Record<string, number>;
    experiments: number;
    artifacts: number;
    /** Total size of all artifacts. */
    bytes: number;
    /** Only with `--files`: total size of the files; a shared file counts once. */
    fileBytes?: number;
    databaseBytes: number;
  };
  doctor: { name: string; state: "ok" | "warning" | "problem"; message: string }[];
}

/** Printed to standard error instead if a command fails; the exit code is not 0. */
export interface Failure {
  error: { code: string; message: string };
}

/** A removed run, or a removed artifact of a run. */
export interface Removed {
  run: string;
  name?: string;
}

/** Output that is not an artifact yet: `growing` while its program runs. */
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
  /** `running`, `completed`, `failed` or `archived`. */
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
  /** Path below the artifact directory. */
  path: string;
  contentType: string | null;
  size: number;
  /** SHA-256, lower-case hex. */
  hash: string;
  createdAt: string;
}

/** Summary of a metric. */
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
  /** Start time of its newest run. */
  lastRun: string | null;
}

export interface ModelVersion {
  model: string;
  version: number;
  runId: string;
  artifactId: string;
  /** `none`, `staging`, `production` or `archived`. */
  stage: string;
  description: string | null;
  createdAt: string;
}

export interface VerifySummary {
  artifacts: number;
  bytes: number;
  /** Number of artifacts that were hashed. */
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
  /** Recorded size or hash, if it is wrong; `found` is the actual one. */
  expected?: number | string;
  found?: number | string;
  message: string;
}

/** Any JSON. Other values are text: `"NaN"`, `"##Inf"`, `":keyword"`. */
export type Value = unknown;
