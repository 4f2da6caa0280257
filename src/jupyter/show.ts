/** Dispatch from kinds of values to their displays. */
import type { Comparison } from "../runs/comparison.ts";
import type { Curve, Metric, MetricSummary } from "../metadata/metric.ts";
import type { Run } from "../metadata/run.ts";
import type { Artifact } from "../artifacts/artifact.ts";
import type { Dataset, Experiment } from "../metadata/dataset.ts";
import type { Model, ModelVersion } from "../metadata/model.ts";
import type { GcReport } from "../maintenance/gc.ts";
import type { DedupReport } from "../maintenance/dedup.ts";
import type { StoreInfo } from "../maintenance/info.ts";
import type { PruneReport } from "../maintenance/prune.ts";
import type { VerifySummary } from "../maintenance/verify.ts";
import type { BackupReport } from "../backup/options.ts";
import type { ImportReport } from "../archive/import.ts";
import type { RestoreReport } from "../backup/restore.ts";
import type { Finding } from "../maintenance/findings.ts";
import type { RunHandle } from "../runs/run_handle.ts";
import type { Kind, MediaBundle } from "../display/displayable.ts";
import type { Plot } from "../runs/plot.ts";
import { showPlot } from "./plot.ts";
import { showArtifact } from "./artifact_preview.ts";
import { showRunHandle } from "./run_handle.ts";
import { type DisplayedStore, showStore } from "./store_summary.ts";
import { bundle } from "./bundle.ts";
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
  showVerification,
  showVerifySummary,
} from "./reports.ts";
import { showRun } from "./run.ts";
import { showRuns } from "./lists.ts";

/** Type of each kind. */
interface Shown {
  store: DisplayedStore;
  handle: RunHandle;
  artifact: Artifact;
  run: Run;
  runs: Run[];
  artifacts: Artifact[];
  comparison: Comparison;
  curve: Curve;
  metrics: Metric[];
  plot: Plot;
  summary: MetricSummary[];
  datasets: Dataset[];
  experiments: Experiment[];
  models: Model[];
  versions: ModelVersion[];
  info: StoreInfo;
  verified: VerifySummary;
  verification: { readonly summary: VerifySummary; readonly findings: readonly Finding[] };
  gc: GcReport;
  dedup: DedupReport;
  prune: PruneReport;
  backup: BackupReport;
  restore: RestoreReport;
  import: ImportReport;
}

const SHOW: { readonly [K in Kind]: (value: Shown[K]) => MediaBundle | Promise<MediaBundle> } = {
  store: showStore,
  handle: showRunHandle,
  artifact: showArtifact,
  run: (run) => showRun({ run }),
  runs: showRuns,
  artifacts: showArtifacts,
  comparison: showComparison,
  curve: showCurve,
  metrics: showMetrics,
  plot: showPlot,
  summary: showSummary,
  datasets: showDatasets,
  experiments: showExperiments,
  models: showModels,
  versions: showVersions,
  info: showInfo,
  verified: showVerifySummary,
  verification: ({ summary, findings }) => showVerification(summary, findings),
  gc: showGc,
  dedup: showDedup,
  prune: showPrune,
  backup: showBackup,
  restore: showRestore,
  import: showImport,
};

/** Returns the formats of a value. Falls back to inspection if a user has modified it. */
export async function show(kind: Kind, value: unknown): Promise<MediaBundle> {
  try {
    return await (SHOW[kind] as (value: unknown) => MediaBundle | Promise<MediaBundle>)(value);
  } catch {
    const text = Deno.inspect(value);
    return bundle(markup`<pre>${text}</pre>`, text);
  }
}
