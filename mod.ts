/**
 * Records machine-learning runs and the files they produce: models, plots, datasets, logs. Files are
 * stored as plain files for `ls`, `cp` and `tar`; a SQLite database holds only metadata.
 *
 * @example Store the result of a training
 * ```ts
 * import { openStore } from "@chachaml/store";
 *
 * await using store = await openStore({ inMemory: true });
 * await store.withRun({ experiment: "iris", name: "baseline" }, async (run) => {
 *   await run.logParams({ lr: 0.1, epochs: 20 });
 *   await run.logMetrics({ accuracy: 0.97 });
 *   await run.put("weights.json", { w: [0.1, 0.2] });
 * });
 * ```
 *
 * @module
 */
export { openStore } from "./src/store/open_store.ts";
export type { OpenOptions } from "./src/context/open_options.ts";
export { artifactDirOf, type StoreLocation } from "./src/context/location.ts";
export { Store } from "./src/store/store.ts";
export { type CopyOptions, StoreCare } from "./src/store/store_care.ts";
export type { CopyProgress, CopyReport, CopyRunsOptions, NotCopied } from "./src/archive/copy.ts";

export { RunRecords } from "./src/runs/run_records.ts";
export { Runs } from "./src/runs/runs.ts";
export type { RemoveRunOptions } from "./src/runs/remove_run.ts";
export type { RunUpdate } from "./src/runs/run_update.ts";
export type { DeadRun } from "./src/processes/dead_runs.ts";
export type { StoreEvent, WatchOptions } from "./src/runs/watch.ts";
export type { NewValue } from "./src/metadata/change_log.ts";
export { Experiments } from "./src/runs/experiments.ts";
export type { ExperimentDescription } from "./src/runs/experiments.ts";
export { Metrics } from "./src/metrics/metrics.ts";
export { RunFiles } from "./src/runs/run_files.ts";
export { RunHandle } from "./src/runs/run_handle.ts";
export type { EndOptions, Params, Run, RunStatus, StartOptions } from "./src/metadata/run.ts";
export type {
  Bounds,
  Condition,
  MetricOrder,
  ParamOrder,
  RunOrder,
  RunQuery,
  TimeOrder,
} from "./src/metadata/run_query.ts";
export type {
  Curve,
  CurveOptions,
  Metric,
  MetricOptions,
  MetricPoint,
  MetricSummary,
} from "./src/metadata/metric.ts";
export type { Plot, PlotOptions } from "./src/runs/plot.ts";
export type { ComparedMetric, ComparedParam, Comparison } from "./src/runs/comparison.ts";
export type { Dataset, DatasetOptions, Experiment } from "./src/metadata/dataset.ts";

export { EdnValue } from "./src/edn/mod.ts";
export type { EdnKind, ParamValue, Storable, StorableObject } from "./src/edn/mod.ts";
export type { LogParamsOptions } from "./src/runs/log_params.ts";
export type { MetricRecord, MetricValues, TagChanges, TagValues } from "./src/metadata/accepted.ts";

export { Artifacts } from "./src/artifacts/artifacts.ts";
export type { RemoveOptions } from "./src/artifacts/artifacts.ts";
export { ArtifactLog } from "./src/artifacts/logs.ts";
export type { GrowingEntry } from "./src/bytes/growing_bytes.ts";
export { Artifact } from "./src/artifacts/artifact.ts";
export type { ArtifactQuery, ArtifactRecord } from "./src/metadata/artifact_index.ts";
export type { ReadOptions, SaveOptions } from "./src/artifacts/artifact_reader.ts";
export type { PutFileOptions, PutOptions } from "./src/artifacts/put_options.ts";
export type { IfExists } from "./src/artifacts/if_exists.ts";
export type { PutDirectoryOptions } from "./src/artifacts/put_directory.ts";
export type { SkippedEntry } from "./src/artifacts/walk_directory.ts";
export type { AcceptedSource, JsonForm } from "./src/artifacts/accepted_source.ts";
export type { JsonValue, PutSource } from "./src/artifacts/put_source.ts";
export type { ByteRange, Progress } from "./src/bytes/byte_store.ts";

export { Models } from "./src/models/models.ts";
export type {
  Model,
  ModelSelector,
  ModelStage,
  ModelVersion,
  RegisterModelOptions,
  RegisterOptions,
} from "./src/metadata/model.ts";

export { notebookProgress } from "./src/jupyter/progress.ts";
export type { NotebookProgress } from "./src/jupyter/progress.ts";
export type { CapturedDisplay, CaptureOptions } from "./src/artifacts/captured_display.ts";
export type { MediaBundle } from "./src/display/displayable.ts";

export { Verification } from "./src/maintenance/verify.ts";
export type { VerifySummary } from "./src/maintenance/verify.ts";
export type { VerifyOptions } from "./src/maintenance/verify_options.ts";
export type { VerifyPosition } from "./src/maintenance/verify_position.ts";
export type { Finding, FindingKind } from "./src/maintenance/findings.ts";
export type { GcEntry, GcOptions, GcReport } from "./src/maintenance/gc.ts";
export type { DedupOptions, DedupReport } from "./src/maintenance/dedup.ts";
export type { InfoOptions, StoreInfo } from "./src/maintenance/info.ts";
export type { PruneOptions, PruneReport } from "./src/maintenance/prune.ts";

export type { BackupOptions, BackupReport } from "./src/backup/options.ts";
export { restoreStore } from "./src/backup/restore.ts";
export type { RestoreReport } from "./src/backup/restore.ts";
export type { RestoreOptions } from "./src/backup/restore_options.ts";
export type { ExportOptions, NotExported } from "./src/archive/export.ts";
export type { ImportedRun, ImportOptions, ImportReport } from "./src/archive/import.ts";
export type { Omitted } from "./src/backup/copy_artifacts.ts";

export {
  ArchiveError,
  ArtifactExistsError,
  ArtifactInUseError,
  ArtifactNotFoundError,
  ChachamlError,
  DamagedRowError,
  DriverError,
  IntegrityError,
  InvalidNameError,
  InvalidOptionError,
  InvalidSourceError,
  LostDatabaseError,
  ModelNotFoundError,
  type NameRule,
  NewerFormatError,
  NotAStoreError,
  ReadOnlyError,
  RunNotFoundError,
  RunStateError,
  SourceChangedError,
  StorageError,
  StoreBusyError,
  StoreClosedError,
  StoreNotFoundError,
  UnknownNameError,
  UnsafePathError,
  UnsupportedRuntimeError,
} from "./src/base/errors.ts";
export {
  AccessDeniedError,
  NotRemoteError,
  ProtocolError,
  ResponseLostError,
  ServerUnreachableError,
} from "./src/base/server_errors.ts";
