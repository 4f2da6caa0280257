/** Overview of a run: note, params, metrics, tags, environment, related objects. */
import { get } from "../api.ts";
import { formatBytes, formatDuration, formatNumber, formatTime } from "../format.ts";
import { formatValue, toNumber } from "../format.ts";
import { type Fact, Facts } from "../facts.tsx";
import { Markdown } from "../markdown.tsx";
import { Status } from "../parts.tsx";
import { hasFile, report } from "../report/data.ts";
import { link, runLink } from "../route.ts";
import type { RunDetail, TablePage } from "../types.ts";
import { useLoad } from "../use_load.ts";

/** The tag of a run's note; MLflow has one of its own. */
export function noteOf(run: RunDetail): string {
  return run.tags?.["note"] ?? run.tags?.["mlflow.note.content"] ?? "";
}

/** Whether a tag was set by a person. */
export function isOwnTag(key: string): boolean {
  return key !== "note" && !key.startsWith("mlflow.");
}

/** The tab. */
export function Overview({ run }: { run: RunDetail }) {
  const note = noteOf(run);
  return (
    <div class="overview">
      <div class="column">
        {report && report.files.omitted > 0 && run.artifacts?.some(({ id }) => !hasFile(id)) && (
          <p class="dim">
            This report has the files of up to {formatBytes(report.files.maxFile)}{" "}
            each; larger ones are listed with their hashes.
          </p>
        )}
        {note !== "" && (
          <section class="note" aria-label="Note">
            <Markdown text={note} />
          </section>
        )}
        <Metrics run={run} />
        <Facts
          title="Params"
          empty="No params were logged."
          facts={Object.entries(run.params ?? {}).map(([name, value]) => textFact(name, value))}
        />
      </div>
      <div class="column">
        <About run={run} />
        <Children run={run} />
        <Facts
          title="Tags"
          empty="No tags."
          facts={Object.entries(run.tags ?? {}).filter(([key]) => isOwnTag(key))
            .map(([name, value]) => textFact(name, value))}
        />
        <Environment run={run} />
      </div>
    </div>
  );
}

function textFact(name: string, value: unknown): Fact {
  const text = formatValue(value);
  return { name, title: text, cells: [<bdi key="value" class="mono">{text}</bdi>] };
}

function Metrics({ run }: { run: RunDetail }) {
  const summary = Object.entries(run["metric-summary"] ?? {});
  return (
    <Facts
      title="Metrics"
      numeric
      heads={["last", "min", "max", "points"]}
      empty="No metrics were logged."
      facts={summary.map(([name, { last, min, max, count }]) => {
        const values = [last, min, max].map(toNumber);
        return {
          name,
          cells: [
            ...values.map((value) => (
              <span key="value" title={String(value)}>{formatNumber(value)}</span>
            )),
            count > 1
              ? (
                <a
                  key="chart"
                  href={`${runLink(run.id, "charts")}?chart=${encodeURIComponent(name)}`}
                >
                  {count.toLocaleString("en-US")}
                </a>
              )
              : String(count),
          ],
        };
      })}
    />
  );
}

function About({ run }: { run: RunDetail }) {
  const end = run["end-time"];
  const size = run.artifacts?.reduce((sum, { size }) => sum + (size ?? 0), 0) ?? 0;
  const facts: Fact[] = [
    { name: "id", cells: [<span key="id" class="mono">{run.id}</span>] },
    { name: "started", cells: [formatTime(run["start-time"])] },
    { name: "ended", cells: [end ? formatTime(end) : "–"] },
    ...end ? [{ name: "took", cells: [formatDuration(end - run["start-time"])] }] : [],
    ...run["created-by"]
      ? [{ name: "user", cells: [<bdi key="by">{run["created-by"]}</bdi>] }]
      : [],
    ...run.artifacts?.length
      ? [{
        name: "files",
        cells: [
          <a key="files" href={runLink(run.id, "files")}>
            {run.artifacts.length}, {formatBytes(size)}
          </a>,
        ],
      }]
      : [],
    ...(run.models ?? []).map(({ name, version, stage }) => ({
      name: "model",
      cells: [
        <a key="model" href={link(["models", name])}>
          <bdi>{name}</bdi> {version}
          {stage && stage !== "none" ? ` (${stage})` : ""}
        </a>,
      ],
    })),
    ...(run.datasets ?? []).map((dataset) => ({
      name: "dataset",
      cells: [
        <bdi key="dataset">
          {[
            dataset.source ?? "without a source",
            dataset.role,
            dataset["n-rows"] == null ? undefined : `${dataset["n-rows"]} rows`,
            dataset["n-cols"] == null ? undefined : `${dataset["n-cols"]} columns`,
          ].filter((part) => part).join(", ")}
        </bdi>,
      ],
    })),
  ];
  return <Facts title="Run" facts={facts} empty="" />;
}

function Children({ run }: { run: RunDetail }) {
  const children = run.children ?? [];
  const { data } = useLoad(
    children.length === 0 ? undefined : `children ${run.id} ${children.length}`,
    (signal) =>
      get<TablePage>("/api/table", {
        filter: `parent = '${run.id.replaceAll("'", "''")}'`,
        archived: "true",
        limit: 200,
      }, signal),
  );
  if (children.length === 0) return null;
  const rows = data?.runs ?? [];
  return (
    <section class="facts-section">
      <header>
        <h2>Children</h2>
        <span class="dim">{children.length}</span>
        <a class="push" href={link(["compare"], { runs: children.slice(0, 100).join() })}>
          Compare
        </a>
      </header>
      <table class="facts-table">
        <caption class="visually-hidden">Children</caption>
        <tbody>
          {(data ? rows : children.slice(0, 200).map((id) => ({ id, name: undefined }))).map((
            row,
          ) => (
            <tr key={row.id}>
              <th scope="row">
                <a href={runLink(row.id)}>
                  <bdi>{row.name || row.id}</bdi>
                </a>
              </th>
              <td>{"status" in row && <Status status={row.status} dead={row.dead} />}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Environment({ run }: { run: RunDetail }) {
  const facts = flatten(run.env).map(([name, value]) => textFact(name, value));
  if (facts.length === 0) return null;
  return <Facts title="Environment" facts={facts} empty="" />;
}

/** Members of members by names with dots. */
function flatten(value: unknown, path = ""): [string, unknown][] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return path === "" ? [] : [[path, value]];
  }
  return Object.entries(value).flatMap(([key, member]) =>
    flatten(member, path === "" ? key : `${path}.${key}`)
  );
}
