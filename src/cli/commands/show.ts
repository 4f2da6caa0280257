import type { Artifact } from "../../artifacts/artifact.ts";
import type { Dataset } from "../../metadata/dataset.ts";
import type { MetricSummary } from "../../metadata/metric.ts";
import type { Run } from "../../metadata/run.ts";
import type { Store } from "../../store/store.ts";
import {
  formatBytes,
  formatNumber,
  formatTime,
  formatValue,
  printable,
} from "../../text/format.ts";
import { printTable } from "../table.ts";
import type { CommandSpec } from "../command.ts";

export const show: CommandSpec = {
  args: "<run>",
  options: [],
  examples: [["The run that was started last", "chachaml show @last"]],
  run: async ({ args: [ref], json, io, open, runId }) => {
    const store = await open("read");
    const all = await gather(store, await runId(store, ref!));
    if (json) return await json(all);
    const { run, params, metrics, datasets, artifacts } = all;
    await io.stdout(factsOf(run));
    const tables: [head: string[], rows: string[][], right?: string[]][] = [
      [["PARAM", "VALUE"], Object.entries(params).map(([key, value]) => [key, formatValue(value)])],
      [["METRIC", ...NUMBERS], metrics.map(metricRow), NUMBERS],
      [["DATASET", "SOURCE", "ROWS", "COLUMNS"], datasets.map(datasetRow), ["ROWS", "COLUMNS"]],
      [["ARTIFACT", "SIZE", "TYPE"], artifacts.map(artifactRow), ["SIZE"]],
    ];
    for (const [head, rows, right] of tables) {
      if (rows.length === 0) continue;
      await io.stdout("\n");
      await printTable(io, head, rows, right);
    }
  },
};

const NUMBERS = ["LAST", "MIN", "MAX", "STEP", "POINTS"];

async function gather(store: Store, id: string) {
  return {
    run: await store.runs.get(id),
    params: await store.runs.params(id),
    metrics: await store.metrics.summary(id),
    datasets: await store.runs.datasets(id),
    artifacts: await store.artifacts.list(id),
  };
}

function factsOf(run: Run): string {
  const { note, ...tags } = run.tags;
  const git = (run.environment as { git?: { sha?: string; branch?: string; "dirty?"?: boolean } })
    ?.git;
  const facts: Record<string, string | null | undefined> = {
    run: run.id,
    name: run.name,
    experiment: run.experiment,
    status: run.status,
    error: run.error,
    started: formatTime(run.startTime),
    ended: formatTime(run.endTime),
    by: run.createdBy,
    "part of": run.parentId,
    commit: git?.sha &&
      `${git.sha.slice(0, 12)}${git.branch ? ` (${git.branch})` : ""}${
        git["dirty?"] ? ", changed since" : ""
      }`,
    tags: Object.entries(tags).map(([key, value]) => `${key}=${value}`).join(", "),
    note,
  };
  return Object.entries(facts).filter(([, value]) => value)
    .map(([label, value]) => `${label.padEnd(11)} ${printable(value!)}\n`).join("");
}

function metricRow({ key, last, step, min, max, count }: MetricSummary): string[] {
  return [key, ...[last, min, max].map(formatNumber), String(step), String(count)];
}

function datasetRow({ role, source, rows, columns }: Dataset): string[] {
  return [role, source ?? "", rows ?? "", columns ?? ""].map(String);
}

function artifactRow({ name, size, contentType }: Artifact): string[] {
  return [name, formatBytes(size), contentType ?? ""];
}
