/** Which module shows which kind of value. */
import type { Comparison } from "../runs/comparison.ts";
import type { Curve, Metric, MetricSummary } from "../metrics/metric.ts";
import type { Run } from "../runs/run.ts";
import type { Artifact } from "../artifacts/artifact.ts";
import type { Dataset, Experiment } from "../runs/dataset.ts";
import type { Model, ModelVersion } from "../models/model.ts";
import type { GcReport } from "../maintenance/gc.ts";
import type { DedupReport } from "../maintenance/dedup.ts";
import type { StoreInfo } from "../maintenance/info.ts";
import type { PruneReport } from "../maintenance/prune.ts";
import type { VerifySummary } from "../maintenance/verify.ts";
import type { BackupReport } from "../backup/backup.ts";
import type { ImportReport } from "../archive/import.ts";
import type { RestoreReport } from "../backup/restore.ts";
import type { MediaBundle } from "../display/displayable.ts";
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
