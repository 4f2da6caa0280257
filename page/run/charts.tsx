/** The curves of a run, in groups of metrics with the same prefix. */
import type { ComponentChild } from "preact";
import { useCallback, useMemo, useState } from "preact/hooks";
import { ChartCard } from "../charts/chart_card.tsx";
import { DrawingControls, drawingOf } from "../charts/controls.tsx";
import { seriesOf } from "../charts/series.ts";
import { colorOf } from "../colors.ts";
import { count, formatNumber, toNumber } from "../format.ts";
import { Empty, SearchField } from "../parts.tsx";
import { setQuery } from "../route.ts";
import type { Curve, RunDetail } from "../types.ts";

/** Heights of a chart, in pixels: in the grid, and alone. */
const [USUAL, LARGE] = [190, 460];

/** Names of metrics by what stands before the first slash. */
export function groupMetrics(names: readonly string[]): readonly (readonly [string, string[]])[] {
  const groups = new Map<string, string[]>();
  for (const name of [...names].sort()) {
    const slash = name.indexOf("/");
    const group = slash < 0 ? "" : name.slice(0, slash);
    const names = groups.get(group);
    if (names) names.push(name);
    else groups.set(group, [name]);
  }
  // Metrics of the run come first, system metrics last.
  return [...groups].sort(([a], [b]) =>
    Number(a === "system") - Number(b === "system") || (a < b ? -1 : 1)
  );
}

/** The tab of charts. */
export function RunCharts({ run, query }: { run: RunDetail; query: URLSearchParams }) {
  const summary = run["metric-summary"] ?? {};
  const drawing = useMemo(() => drawingOf(query), [query]);
  const search = query.get("metrics") ?? "";
  const alone = query.get("chart");
  const names = Object.keys(summary).filter((name) =>
    name.toLowerCase().includes(search.toLowerCase())
  );
  // One value each is a table, not a curve.
  const curves = names.filter((name) => summary[name]!.count > 1);
  const single = names.filter((name) => summary[name]!.count <= 1);
  const runs = useMemo(() => [run.id], [run.id]);
  const toLines = useCallback(
    (found: readonly Curve[]) =>
      found.map((curve) =>
        seriesOf(curve, drawing, {
          id: curve["run-id"],
          label: curve.key,
          color: colorOf(curve["run-id"]),
        })
      ),
    [drawing],
  );
  if (Object.keys(summary).length === 0) return <Empty>This run has logged no metrics.</Empty>;
  const card = (name: string, height: number) => (
    <ChartCard
      key={name}
      metric={name}
      runs={runs}
      drawing={drawing}
      height={height}
      toLines={toLines}
      extra={
        <button
          type="button"
          class="quiet icon"
          aria-label={alone === name ? `Show all charts` : `Enlarge ${name}`}
          onClick={() => setQuery({ chart: alone === name ? undefined : name }, true)}
        >
          {alone === name ? "×" : "⤢"}
        </button>
      }
    />
  );
  return (
    <>
      <div class="controls">
        <SearchField
          label="Search metrics"
          value={search}
          onSearch={(text) => setQuery({ metrics: text || undefined })}
        />
        <DrawingControls drawing={drawing} />
      </div>
      {alone !== null && summary[alone] ? card(alone, LARGE) : (
        <>
          {groupMetrics(curves).map(([group, names]) => (
            <Group
              key={group}
              name={group}
              names={names}
              card={(name) => card(name, USUAL)}
            />
          ))}
          {single.length > 0 && (
            <section class="single-values">
              <h2>Single values</h2>
              <dl class="tiles">
                {single.map((name) => (
                  <div key={name}>
                    <dt title={name}>
                      <bdi>{name}</bdi>
                    </dt>
                    <dd>{formatNumber(toNumber(summary[name]!.last), 5)}</dd>
                  </div>
                ))}
              </dl>
            </section>
          )}
          {names.length === 0 && <Empty>No metric has “{search}” in its name.</Empty>}
        </>
      )}
    </>
  );
}

function Group({ name, names, card }: {
  name: string;
  names: readonly string[];
  card: (name: string) => ComponentChild;
}) {
  const [open, setOpen] = useState(name !== "system" || names.length < 4);
  return (
    <section class="chart-group">
      <h2>
        <button
          type="button"
          class="quiet fold"
          aria-expanded={open}
          onClick={() => setOpen(!open)}
        >
          <span aria-hidden="true">{open ? "▾" : "▸"}</span>
          <bdi>{name === "" ? "metrics" : name}</bdi>
          <span class="dim">{count(names.length, "chart")}</span>
        </button>
      </h2>
      {open && <div class="cards">{names.map(card)}</div>}
    </section>
  );
}
