/** Params and metrics of runs beside each other. */
import { type Best, BEST_LABELS, bestOf } from "../best.ts";
import { decimalsOf, formatInColumn, toNumber } from "../format.ts";
import { Status, Swatch } from "../parts.tsx";
import { runLink, setQuery } from "../route.ts";
import type { Row } from "../types.ts";
import { differs, type Dimension, dimensionsOf, textIn } from "./dimension.ts";

const TURNS = { none: "min", min: "max", max: "none" } as const;

/** Direction in which a metric is best: the user's choice, else derived from its name. */
export function directionOf(metric: string, query: URLSearchParams): Best {
  const chosen = query.getAll("best").find((text) => text.startsWith(`${metric}:`));
  const said = chosen?.slice(metric.length + 1);
  return said === "min" || said === "max" || said === "none" ? said : bestOf(metric);
}

function turn(metric: string, query: URLSearchParams): void {
  const other = TURNS[directionOf(metric, query)];
  const next = new URLSearchParams(query);
  const rest = next.getAll("best").filter((text) => !text.startsWith(`${metric}:`));
  next.delete("best");
  for (const text of [...rest, `${metric}:${other}`]) next.append("best", text);
  location.hash = `#/compare?${next}`;
}

/** The tab of values. */
export function ComparisonTable({ rows, query }: { rows: readonly Row[]; query: URLSearchParams }) {
  const all = dimensionsOf(rows);
  const showsSame = query.get("same") === "true" || rows.length < 2;
  const params = all.filter((dimension) =>
    dimension.kind === "params" && (showsSame || differs(rows, dimension))
  );
  const same = all.filter(({ kind }) => kind === "params").length - params.length;
  const metrics = all.filter(({ kind }) => kind === "metrics");
  const remove = (id: string) =>
    setQuery({ runs: rows.filter((row) => row.id !== id).map(({ id }) => id).join() }, true);
  return (
    <div class="grid-scroll comparison" tabIndex={0} role="region" aria-label="Comparison">
      <table class="grid">
        <thead>
          <tr>
            <th scope="col" class="corner">
              <label class="choice check-choice">
                <input
                  type="checkbox"
                  checked={showsSame}
                  disabled={rows.length < 2}
                  onChange={({ currentTarget }) =>
                    setQuery({ same: currentTarget.checked ? "true" : undefined })}
                />
                <span>equal params{!showsSame && same > 0 ? ` (${same})` : ""}</span>
              </label>
            </th>
            {rows.map((row) => (
              <th key={row.id} scope="col" class="right" title={row.name ?? row.id}>
                <Swatch id={row.id} />
                <a href={runLink(row.id)}>
                  <bdi>{row.name || row.id.slice(0, 8)}</bdi>
                </a>
                {rows.length > 1 && (
                  <button
                    type="button"
                    class="quiet icon small"
                    aria-label={`Leave out ${row.name || row.id}`}
                    onClick={() => remove(row.id)}
                  >
                    ×
                  </button>
                )}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          <tr>
            <th scope="row">status</th>
            {rows.map((row) => (
              <td key={row.id} class="right">
                <Status status={row.status} dead={row.dead} />
              </td>
            ))}
          </tr>
          <Heading words="Params" columns={rows.length} />
          {params.map((dimension) => (
            <tr key={dimension.id}>
              <th scope="row" title={dimension.key}>
                <bdi>{dimension.label}</bdi>
              </th>
              {rows.map((row) => {
                const text = textIn(row, dimension);
                return (
                  <td key={row.id} class="right" title={text}>
                    {text === undefined ? <span class="none">–</span> : <bdi>{text}</bdi>}
                  </td>
                );
              })}
            </tr>
          ))}
          {params.length === 0 && (
            <tr>
              <td colSpan={rows.length + 1} class="dim">
                {same > 0 ? "All params are equal" : "No params"}
              </td>
            </tr>
          )}
          <Heading words="Metrics, last values" columns={rows.length} />
          {metrics.map((dimension) => (
            <MetricRow key={dimension.id} rows={rows} dimension={dimension} query={query} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Heading({ words, columns }: { words: string; columns: number }) {
  return (
    <tr class="section">
      <th scope="colgroup" colSpan={columns + 1}>{words}</th>
    </tr>
  );
}

function MetricRow({ rows, dimension: { key, label }, query }: {
  rows: readonly Row[];
  dimension: Dimension;
  query: URLSearchParams;
}) {
  const direction = directionOf(key, query);
  const values = rows.map((row) => row.metrics[key] && toNumber(row.metrics[key]!.last));
  const finite = values.filter((value) =>
    value !== undefined && Number.isFinite(value)
  ) as number[];
  const best = direction !== "none" && rows.length > 1 && new Set(finite).size > 1
    ? finite.reduce((a, b) => direction === "min" ? Math.min(a, b) : Math.max(a, b))
    : undefined;
  const decimals = decimalsOf(finite);
  const words = BEST_LABELS[direction];
  return (
    <tr>
      <th scope="row" title={key}>
        <bdi>{label}</bdi>
        <button
          type="button"
          class="direction"
          title={direction === "none"
            ? "No direction is known to be best; click to choose one"
            : `Best is the ${words} ${key}; click to change it`}
          onClick={() => turn(key, query)}
        >
          {words}
        </button>
      </th>
      {values.map((value, at) => {
        const isBest = value !== undefined && value === best;
        return (
          <td
            key={rows[at]!.id}
            class={`right${isBest ? " best" : ""}`}
            title={isBest ? `${words} ${key}: ${value}` : value === undefined ? "" : String(value)}
          >
            {value === undefined ? <span class="none">–</span> : formatInColumn(value, decimals)}
            {isBest && <span class="visually-hidden">, {words}</span>}
          </td>
        );
      })}
    </tr>
  );
}
