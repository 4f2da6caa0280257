/** Curves of several runs over each other, or of groups of them as mean and band. */
import { useCallback, useMemo } from "preact/hooks";
import { ChartCard } from "../charts/chart_card.tsx";
import { DrawingControls, drawingOf } from "../charts/controls.tsx";
import { type Series, seriesOf } from "../charts/series.ts";
import { colorIndex, colorOf, paletteColor } from "../colors.ts";
import { Choice, Empty, SearchField } from "../parts.tsx";
import { setQuery } from "../route.ts";
import type { Curve, Row } from "../types.ts";
import { differs, type Dimension, dimensionsOf, textIn } from "./dimension.ts";
import { type Band, meanOf } from "./mean.ts";

/** Heights of a chart, in pixels: in the grid, and alone. */
const [USUAL, LARGE] = [220, 480];

/** Lines of the legend. */
interface Entry {
  readonly id: string;
  readonly label: string;
  readonly index: number;
}

/** The tab of curves. */
export function CurvesTab({ rows, query }: { rows: readonly Row[]; query: URLSearchParams }) {
  const drawing = useMemo(() => drawingOf(query), [query]);
  const all = useMemo(() => dimensionsOf(rows), [rows]);
  const groupBy = all.find(({ id }) => id === query.get("group"));
  const band: Band = query.get("band") === "range" ? "range" : "deviation";
  const hidden = new Set((query.get("hide") ?? "").split("\n").filter((id) => id !== ""));
  const alone = query.get("chart");
  const search = query.get("metrics") ?? "";
  const metrics = all.filter(({ kind, key }) =>
    kind === "metrics" && rows.some((row) => (row.metrics[key]?.count ?? 0) > 1) &&
    key.toLowerCase().includes(search.toLowerCase())
  );
  const groups = useMemo(() => groupBy ? groupsOf(rows, groupBy) : undefined, [rows, groupBy?.id]);
  const names = useMemo(() => new Map(rows.map((row) => [row.id, row.name || row.id])), [rows]);
  const hiddenNames = [...hidden].join("\n");
  const toLines = useCallback((curves: readonly Curve[]): readonly Series[] => {
    if (groups) {
      return groups.filter(({ id }) => !hidden.has(id)).flatMap(({ id, label, index, runs }) => {
        const own = curves.filter((curve) => runs.has(curve["run-id"]));
        if (own.length === 0) return [];
        return [meanOf(own, drawing, band, { id, label, color: paletteColor(index) })];
      });
    }
    return curves.filter((curve) => !hidden.has(curve["run-id"])).map((curve) =>
      seriesOf(curve, drawing, {
        id: curve["run-id"],
        label: names.get(curve["run-id"])!,
        color: colorOf(curve["run-id"]),
      })
    );
  }, [groups, drawing, band, names, hiddenNames]);
  const ids = useMemo(() => rows.map(({ id }) => id), [rows.map(({ id }) => id).join()]);
  const entries: readonly Entry[] = groups ??
    rows.map((row) => ({ id: row.id, label: names.get(row.id)!, index: colorIndex(row.id) }));
  const toggle = (id: string) => {
    const next = new Set(hidden);
    if (!next.delete(id)) next.add(id);
    setQuery({ hide: next.size === 0 ? undefined : [...next].join("\n") });
  };
  const shown = alone === null ? metrics : metrics.filter(({ key }) => key === alone);
  return (
    <>
      <div class="controls">
        <SearchField
          label="Search metrics"
          value={search}
          onSearch={(text) => setQuery({ metrics: text || undefined })}
        />
        <Choice
          label="Group by"
          value={groupBy?.id ?? ""}
          options={[
            ["", "nothing"],
            ...all.filter((dimension) => dimension.kind === "params" && differs(rows, dimension))
              .map(({ id, label }): [string, string] => [id, label]),
          ]}
          onChange={(group) => setQuery({ group: group || undefined, hide: undefined }, true)}
        />
        {groups && (
          <Choice
            label="Band"
            value={band}
            options={[["deviation", "± standard deviation"], ["range", "smallest to largest"]]}
            onChange={(value) => setQuery({ band: value === "range" ? value : undefined })}
          />
        )}
        <DrawingControls drawing={drawing} />
      </div>
      <ul class="legend" aria-label={groups ? "Groups" : "Runs"}>
        {entries.map(({ id, label, index }) => (
          <li key={id}>
            <button
              type="button"
              class="quiet"
              aria-pressed={!hidden.has(id)}
              title={`${label}: click to ${hidden.has(id) ? "show" : "hide"}`}
              onClick={() => toggle(id)}
            >
              <span class={`swatch swatch-${index % 8}`} aria-hidden="true" />
              <bdi>{label}</bdi>
            </button>
          </li>
        ))}
      </ul>
      <h2 class="visually-hidden">Charts</h2>
      {metrics.length === 0 && <Empty>These runs have no metric with several points.</Empty>}
      <div class={alone === null ? "cards wide" : "cards alone-card"}>
        {shown.map(({ key }) => (
          <ChartCard
            key={key}
            metric={key}
            runs={ids}
            drawing={drawing}
            height={alone === null ? USUAL : LARGE}
            toLines={toLines}
            extra={
              <button
                type="button"
                class="quiet icon"
                aria-label={alone === key ? "Show all charts" : `Enlarge ${key}`}
                onClick={() => setQuery({ chart: alone === key ? undefined : key }, true)}
              >
                {alone === key ? "×" : "⤢"}
              </button>
            }
          />
        ))}
      </div>
    </>
  );
}

/** Runs with the same value of a param, each with a colour of its own. */
function groupsOf(rows: readonly Row[], dimension: Dimension) {
  const groups = new Map<string, Set<string>>();
  for (const row of rows) {
    const value = textIn(row, dimension) ?? "none";
    const group = groups.get(value) ?? new Set();
    groups.set(value, group.add(row.id));
  }
  const sorted = [...groups].sort(([a], [b]) =>
    dimension.numeric ? Number(a) - Number(b) : a < b ? -1 : 1
  );
  return sorted.map(([value, runs], index) => ({
    id: value,
    label: `${dimension.label} ${value} (${runs.size})`,
    index,
    runs,
  }));
}
