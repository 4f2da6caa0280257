/** Runs as points: one param or metric against another. */
import { formatNumber } from "../format.ts";
import { colorIndex } from "../colors.ts";
import { Choice, Empty } from "../parts.tsx";
import { runLink, setQuery } from "../route.ts";
import type { Row } from "../types.ts";
import { differs, type Dimension, dimensionsOf, numberIn } from "./dimension.ts";
import { scaleOf } from "./scale.ts";
import { Frame, useWidth } from "./frame.tsx";

/** Pixels of the drawing. */
const HEIGHT = 460;

/** The tab. */
export function ScatterTab({ rows, query }: { rows: readonly Row[]; query: URLSearchParams }) {
  const { element, width } = useWidth<HTMLDivElement>();
  const all = dimensionsOf(rows).filter(({ numeric }) => numeric);
  const params = all.filter((dimension) => dimension.kind === "params" && differs(rows, dimension));
  const metrics = all.filter(({ kind }) => kind === "metrics");
  const x = all.find(({ id }) => id === query.get("sx")) ??
    params.find((dimension) => new Set(rows.map((row) => numberIn(row, dimension))).size > 2) ??
    params[0] ?? metrics[1] ?? metrics[0];
  const y = all.find(({ id }) => id === query.get("sy")) ?? metrics[0] ?? params[1];
  if (!x || !y) return <Empty>These runs have no numbers to compare.</Empty>;
  const log = query.get("slog") ?? "";
  const points = rows.flatMap((row) => {
    const [a, b] = [numberIn(row, x), numberIn(row, y)];
    if (a === undefined || b === undefined) return [];
    if (log.includes("x") && a <= 0 || log.includes("y") && b <= 0) return [];
    return [{ row, a, b }];
  });
  const scales = {
    x: scaleOf(points.map(({ a }) => a), 64, width - 16, {
      log: log.includes("x"),
      count: Math.max(2, Math.floor(width / 110)),
    }),
    y: scaleOf(points.map(({ b }) => b), HEIGHT - 48, 24, { log: log.includes("y") }),
  };
  const left = rows.length - points.length;
  return (
    <>
      <div class="controls">
        <DimensionChoice label="x" value={x} all={all} name="sx" />
        <DimensionChoice label="y" value={y} all={all} name="sy" />
        {(["x", "y"] as const).map((side) => (
          <label key={side} class="choice check-choice">
            <input
              type="checkbox"
              checked={log.includes(side)}
              onChange={({ currentTarget: { checked } }) => {
                const other = log.replace(side, "");
                setQuery({ slog: (checked ? other + side : other) || undefined });
              }}
            />
            <span>log {side}</span>
          </label>
        ))}
        {left > 0 && <span class="dim">{left} of {rows.length} runs have no place here</span>}
      </div>
      <div class="drawing" ref={element} style={{ height: `${HEIGHT}px` }}>
        {width > 0 && (
          <svg width={width} height={HEIGHT} role="group" aria-label={`${y.label} over ${x.label}`}>
            <Frame
              x={scales.x}
              y={scales.y}
              width={width}
              height={HEIGHT}
              labels={[
                `${x.label}${log.includes("x") ? " (log)" : ""}`,
                `${y.label}${log.includes("y") ? " (log)" : ""}`,
              ]}
            />
            {points.map(({ row, a, b }) => {
              const words = `${row.name || row.id}: ${x.label} ${formatNumber(a, 5)}, ${y.label} ${
                formatNumber(b, 5)
              }`;
              return (
                <a key={row.id} href={runLink(row.id)} aria-label={words}>
                  <circle
                    class={`point fill-${colorIndex(row.id)}`}
                    cx={scales.x.place(a)}
                    cy={scales.y.place(b)}
                    r="5"
                  >
                    <title>{words}</title>
                  </circle>
                </a>
              );
            })}
          </svg>
        )}
      </div>
    </>
  );
}

/** A choice of a param or metric, kept in the address. */
export function DimensionChoice({ label, value, all, name }: {
  label: string;
  value: Dimension;
  all: readonly Dimension[];
  name: string;
}) {
  return (
    <Choice
      label={label}
      value={value.id}
      options={all.map((
        { id, label, kind },
      ) => [id, kind === "params" ? `${label} (param)` : label])}
      onChange={(id) => setQuery({ [name]: id })}
    />
  );
}
