/** Displays of lists as tables. */
import type { ArtifactRecord } from "../metadata/artifact_index.ts";
import { count, formatBytes } from "../text/format.ts";
import type { Model, ModelVersion } from "../metadata/model.ts";
import type { Dataset, Experiment } from "../metadata/dataset.ts";
import type { Run } from "../metadata/run.ts";
import { duration, idCell, statusCell, timeCell } from "./cells.ts";
import type { MediaBundle } from "../display/displayable.ts";
import { bundle } from "./bundle.ts";
import { markup } from "./html.ts";
import { MAX_ROWS, type Table, tableHtml, tableText } from "./table.ts";

/** Displays runs. */
export function showRuns(runs: readonly Run[]): MediaBundle {
  return list("run", runs, runsTable(runs));
}

/** Displays artifacts. */
export function showArtifacts(artifacts: readonly ArtifactRecord[]): MediaBundle {
  return list("artifact", artifacts, artifactsTable(artifacts));
}

/** Displays the datasets of a run. */
export function showDatasets(datasets: readonly Dataset[]): MediaBundle {
  return list("dataset", datasets, {
    head: ["role", "source", "rows", "columns", "hash"],
    right: ["rows", "columns"],
    rows: datasets.map(({ role, source, rows, columns, hash }) => [
      role,
      source ?? "",
      String(rows ?? ""),
      String(columns ?? ""),
      idCell(hash ?? ""),
    ]),
  });
}

/** Displays experiments. */
export function showExperiments(experiments: readonly Experiment[]): MediaBundle {
  return list("experiment", experiments, experimentsTable(experiments));
}

/** Displays models. */
export function showModels(models: readonly Model[]): MediaBundle {
  return list("model", models, {
    head: ["model", "versions", "in production", "description"],
    right: ["versions", "in production"],
    rows: models.map(({ name, versions, production, description }) => [
      name,
      String(versions),
      String(production ?? ""),
      description ?? "",
    ]),
  });
}

/** Displays versions of a model. */
export function showVersions(versions: readonly ModelVersion[]): MediaBundle {
  return list("version", versions, {
    head: ["model", "version", "stage", "run", "artifact", "registered", "description"],
    right: ["version"],
    rows: versions.map((version) => [
      version.model,
      String(version.version),
      statusCell(version.stage),
      idCell(version.runId),
      idCell(version.artifactId),
      timeCell(version.createdAt),
      version.description ?? "",
    ]),
  });
}

/** Returns runs as a table. */
export function runsTable(runs: readonly Run[]): Table {
  return {
    head: ["run", "name", "experiment", "status", "started", "took", "tags"],
    right: ["took"],
    total: runs.length,
    rows: runs.slice(0, MAX_ROWS).map((run) => [
      idCell(run.id),
      run.name ?? "",
      run.experiment,
      statusCell(run.status),
      timeCell(run.startTime),
      duration(run),
      tagsText(run.tags),
    ]),
  };
}

/** Returns artifacts as a table. */
export function artifactsTable(artifacts: readonly ArtifactRecord[]): Table {
  const ofOneRun = new Set(artifacts.map(({ runId }) => runId)).size < 2;
  return {
    head: [...ofOneRun ? [] : ["run"], "name", "type", "size", "sha-256", "stored"],
    right: ["size"],
    total: artifacts.length,
    rows: artifacts.slice(0, MAX_ROWS).map((
      { runId, name, contentType, size, hash, createdAt },
    ) => [
      ...ofOneRun ? [] : [idCell(runId)],
      name,
      contentType ?? "",
      formatBytes(size),
      idCell(hash),
      timeCell(createdAt),
    ]),
  };
}

/** Returns experiments as a table. */
export function experimentsTable(experiments: readonly Experiment[]): Table {
  return {
    head: ["experiment", "runs", "last run", "description", "owner"],
    right: ["runs"],
    rows: experiments.map(({ name, runs, lastRun, description, owner }) => [
      name,
      String(runs),
      timeCell(lastRun),
      description ?? "",
      owner ?? "",
    ]),
  };
}

/** Formats tags in one line, without the note, which has its own section. */
export function tagsText(tags: Readonly<Record<string, string>>): string {
  return Object.entries(tags).filter(([key]) => key !== "note")
    .map(([key, value]) => value === "" ? key : `${key}=${value}`).join(", ");
}

function list(noun: string, items: readonly unknown[], table: Table): MediaBundle {
  if (items.length === 0) return bundle(markup`<div class="dim">no ${noun}s</div>`, `no ${noun}s`);
  const title = count(items.length, noun);
  return bundle(markup`<div class="dim">${title}</div>${tableHtml(table)}`, tableText(table));
}
