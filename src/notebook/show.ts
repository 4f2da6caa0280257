/** Which module shows which kind of value. */
import type { Comparison } from "../runs/comparison.ts";
import type { Curve, Metric, MetricSummary } from "../runs/metric.ts";
import type { Run } from "../runs/run.ts";
import type { Artifact } from "../artifacts/artifact.ts";
import type { Dataset, Experiment } from "../runs/dataset.ts";
import type { Model, ModelVersion } from "../models/model.ts";
import type { GcReport } from "../care/collection.ts";
import type { DedupReport } from "../care/dedup.ts";
import type { StoreInfo } from "../care/info.ts";
import type { PruneReport } from "../care/pruning.ts";
import type { VerifySummary } from "../care/verification.ts";
import type { BackupReport } from "../transfer/backup.ts";
import type { ImportReport } from "../transfer/import_runs.ts";
import type { RestoreReport } from "../transfer/restore.ts";
import type { MediaBundle } from "./displayable.ts";
import { bundle } from "./frame.ts";
import { markup } from "./html.ts";
import { showArtifacts, showDatasets, showExperiments, showModels, showVersions } from "./lists.ts";
import { showComparison } from "./comparison.ts";
import { showCurve, showMetrics, showSummary } from "./metrics.ts";
import {
  showBackup,
  showDedup,
  showGc,
  showImport,
  showInfo,
  showPrune,
  showRestore,
  showVerifySummary,
} from "./reports.ts";
import { showRun } from "./run.ts";
import { showRuns } from "./lists.ts";

/** What plain values are shown as. */
interface Shown {
  run: Run;
  runs: Run[];
  artifacts: Artifact[];
  comparison: Comparison;
  curve: Curve;
  metrics: Metric[];
  summary: MetricSummary[];
  datasets: Dataset[];
  experiments: Experiment[];
  models: Model[];
  versions: ModelVersion[];
  info: StoreInfo;
  verification: VerifySummary;
  gc: GcReport;
  dedup: DedupReport;
  prune: PruneReport;
  backup: BackupReport;
  restore: RestoreReport;
  import: ImportReport;
}

/** The kinds of plain values. */
export type Kind = keyof Shown;

const SHOW: { readonly [K in Kind]: (value: Shown[K]) => MediaBundle } = {
  run: (run) => showRun({ run }),
  runs: showRuns,
  artifacts: showArtifacts,
  comparison: showComparison,
  curve: showCurve,
  metrics: showMetrics,
  summary: showSummary,
  datasets: showDatasets,
  experiments: showExperiments,
  models: showModels,
  versions: showVersions,
  info: showInfo,
  verification: showVerifySummary,
  gc: showGc,
  dedup: showDedup,
  prune: showPrune,
  backup: showBackup,
  restore: showRestore,
  import: showImport,
};

/** Gives the forms of a value, whatever it has been changed to since. */
export function show(kind: Kind, value: unknown): MediaBundle {
  try {
    return (SHOW[kind] as (value: unknown) => MediaBundle)(value);
  } catch {
    const text = Deno.inspect(value);
    return bundle(markup`<pre>${text}</pre>`, text);
  }
}
