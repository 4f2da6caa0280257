/** How a metric spreads over the values of a param. */
import { formatNumber } from "../format.ts";
import { colorIndex } from "../colors.ts";
import { Empty } from "../parts.tsx";
import { runLink } from "../route.ts";
import type { Row } from "../types.ts";
import { differs, dimensionsOf, numberIn, textIn } from "./dimension.ts";
import { Frame, useWidth } from "./frame.tsx";
import { quantile, scaleOf } from "./scale.ts";
import { DimensionChoice } from "./scatter.tsx";

/** Pixels of the drawing. */
const HEIGHT = 460;

/** Most values of the param that are drawn. */
const MOST = 40;

/** The tab. */
export function BoxTab({ rows, query }: { rows: readonly Row[]; query: URLSearchParams }) {
  const { element, width } = useWidth<HTMLDivElement>();
  const all = dimensionsOf(rows);
  const params = all.filter(({ kind }) => kind === "params");
  const metrics = all.filter(({ kind }) => kind === "metrics");
  const by = params.find(({ id }) => id === query.get("bx")) ??
    params.find((dimension) => repeats(rows, dimension.key)) ??
    params.find((dimension) => differs(rows, dimension)) ?? params[0];
  const of = metrics.find(({ id }) => id === query.get("by")) ?? metrics[0];
  if (!by || !of) return <Empty>These runs have no param and metric to compare.</Empty>;
  const groups = new Map<string, { row: Row; value: number }[]>();
  for (const row of rows) {
    const value = numberIn(row, of);
    const key = textIn(row, by);
    if (value === undefined || key === undefined) continue;
    groups.set(key, [...groups.get(key) ?? [], { row, value }]);
  }
  const sorted = [...groups].sort(([a], [b]) => by.numeric ? Number(a) - Number(b) : a < b ? -1 : 1)
    .slice(0, MOST);
  const y = scaleOf(
    sorted.flatMap(([, points]) => points.map(({ value }) => value)),
    HEIGHT - 48,
    24,
  );
  const step = (width - 80) / Math.max(1, sorted.length);
  const placeOf = (at: number) => 64 + step * (at + 0.5);
  const half = Math.min(36, step * 0.32);
  return (
    <>
      <div class="controls">
        <DimensionChoice label="Metric" value={of} all={metrics} name="by" />
        <DimensionChoice label="over" value={by} all={params} name="bx" />
        {groups.size > MOST && <span class="dim">the first {MOST} of {groups.size} values</span>}
      </div>
      <div class="drawing" ref={element} style={{ height: `${HEIGHT}px` }}>
        {width > 0 && (
          <svg
            width={width}
            height={HEIGHT}
            role="group"
            aria-label={`${of.label} over ${by.label}`}
          >
            <Frame
              x={sorted.map((
                [key],
                at,
              ) => [placeOf(at), key.length > 14 ? `${key.slice(0, 13)}…` : key])}
              y={y}
              width={width}
              height={HEIGHT}
              labels={[by.label, of.label]}
            />
            {sorted.map(([key, points], at) => {
              const values = points.map(({ value }) => value).sort((a, b) => a - b);
              const x = placeOf(at);
              const [low, median, high] = [0.25, 0.5, 0.75].map((part) =>
                y.place(quantile(values, part))
              );
              const words = `${by.label} ${key}: ${values.length} runs, median ${
                formatNumber(quantile(values, 0.5), 5)
              }, from ${formatNumber(values[0]!, 5)} to ${formatNumber(values.at(-1)!, 5)}`;
              return (
                <g key={key} role="group" aria-label={words}>
                  <title>{words}</title>
                  {values.length > 2 && (
                    <g class="box">
                      <line x1={x} x2={x} y1={y.place(values[0]!)} y2={y.place(values.at(-1)!)} />
                      <rect
                        x={x - half}
                        y={high}
                        width={2 * half}
                        height={Math.max(1, low! - high!)}
                      />
                      <line class="median" x1={x - half} x2={x + half} y1={median} y2={median} />
                    </g>
                  )}
                  {points.map(({ row, value }, index) => {
                    const spread = points.length < 3 ? 0 : (index % 5 - 2) * half / 4;
                    const label = `${row.name || row.id}: ${formatNumber(value, 5)}`;
                    return (
                      <a key={row.id} href={runLink(row.id)} aria-label={label}>
                        <circle
                          class={`point fill-${colorIndex(row.id)}`}
                          cx={x + spread}
                          cy={y.place(value)}
                          r="3.5"
                        >
                          <title>{label}</title>
                        </circle>
                      </a>
                    );
                  })}
                </g>
              );
            })}
          </svg>
        )}
      </div>
    </>
  );
}

/** Whether a param has several values, each shared by several runs. */
function repeats(rows: readonly Row[], key: string): boolean {
  const values = rows.flatMap((row) => row.params[key] ?? []);
  const different = new Set(values).size;
  return different > 1 && different <= values.length / 2;
}
