import type { Artifact } from "../../artifacts/artifact.ts";
import type { Dataset } from "../../metadata/dataset.ts";
import type { MetricSummary } from "../../metadata/metric.ts";
import type { ModelVersion } from "../../metadata/model.ts";
import type { Run } from "../../metadata/run.ts";
import type { Store } from "../../store/store.ts";
import { formatBytes, formatNumber, formatValue } from "../../text/format.ts";
import { printable } from "../../text/printable.ts";
import { durationOf, formatDuration, formatTime } from "../../text/time.ts";
import { sparkline } from "../braille.ts";
import type { CommandSpec } from "../command.ts";
import { resolveModel } from "../model_ref.ts";
import { printTable } from "../table.ts";

/** Width of trends in characters, and maximum number of trends: each requires a read. */
const [TREND_WIDTH, MOST_TRENDS] = [12, 50];

export const show: CommandSpec = {
  args: "<run>",
  options: [],
  examples: [
    ["The newest run", "chachaml show @last"],
    ["The run behind the model in production", "chachaml show iris@production"],
  ],
  paged: true,
  run: async ({ args: [ref], json, io, open, runId }) => {
    const store = await open("read");
    const version = await resolveModel(store, ref!);
    const id = version?.runId ?? await runId(store, ref!);
    const all = await gather(store, id);
    if (json) return await json({ ...all, ...(version && { version }) });
    const { run, params, metrics, datasets, artifacts, children } = all;
    await io.stdout(factsOf(run, version));
    const trends = io.columns === undefined ? undefined : await trendsOf(store, id, metrics);
    const metricHead = [...NUMBERS, ...trends ? ["TREND"] : []];
    const tables: [head: string[], rows: string[][], right?: string[]][] = [
      [["PARAM", "VALUE"], Object.entries(params).map(([key, value]) => [key, formatValue(value)])],
      [
        ["METRIC", ...metricHead],
        metrics.map((metric, at) => [...metricRow(metric), ...trends ? [trends[at] ?? ""] : []]),
        NUMBERS,
      ],
      [["DATASET", "SOURCE", "ROWS", "COLUMNS"], datasets.map(datasetRow), ["ROWS", "COLUMNS"]],
      [["ARTIFACT", "SIZE", "TYPE"], artifacts.map(artifactRow), ["SIZE"]],
      [["CHILD", "NAME", "STATUS"], children.map((run) => [run.id, run.name ?? "", run.status])],
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
    children: await store.runs.list({ parentId: id, archived: "include" }),
  };
}

async function trendsOf(
  store: Store,
  id: string,
  metrics: readonly MetricSummary[],
): Promise<string[]> {
  return await Promise.all(
    metrics.slice(0, MOST_TRENDS).map(async ({ key, count }) => {
      if (count < 2) return "";
      const { values } = await store.metrics.curve(id, key, { points: TREND_WIDTH * 4 });
      return sparkline(values, TREND_WIDTH);
    }),
  );
}

function factsOf(run: Run, version: ModelVersion | undefined): string {
  const { note, ...tags } = run.tags;
  const git = (run.environment as { git?: { sha?: string; branch?: string; "dirty?"?: boolean } })
    ?.git;
  const facts: Record<string, string | null | undefined> = {
    model: version && `${version.model} ${version.version}, ${version.stage}`,
    run: run.id,
    name: run.name,
    experiment: run.experiment,
    status: run.status,
    error: run.error,
    started: formatTime(run.startTime),
    ended: formatTime(run.endTime),
    duration: formatDuration(durationOf(run.startTime, run.endTime, Date.now())),
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
    .map(([name, value]) => `${name.padEnd(11)} ${printable(value!)}\n`).join("");
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
