/** Runs as lines through parallel axes, one for each param and metric. */
import type { TargetedPointerEvent } from "preact";
import { formatNumber } from "../format.ts";
import { colorIndex } from "../colors.ts";
import { Empty, Menu } from "../parts.tsx";
import { runLink, setQuery } from "../route.ts";
import { joinIds, splitIds } from "../runs/columns.ts";
import type { Row } from "../types.ts";
import { differs, type Dimension, dimensionsOf, numberIn, textIn } from "./dimension.ts";
import { useWidth } from "./frame.tsx";
import { scaleOf } from "./scale.ts";

/** Pixels of the drawing. */
const [HEIGHT, TOP, BOTTOM] = [460, 44, 20];

/** Axes that are drawn unasked. */
const USUAL = 8;

/** An axis with the places of all runs on it. */
interface Line {
  readonly dimension: Dimension;
  readonly x: number;
  readonly ticks: readonly (readonly [place: number, words: string])[];
  readonly place: (row: Row) => number | undefined;
}

/** The tab. */
export function ParallelTab({ rows, query }: { rows: readonly Row[]; query: URLSearchParams }) {
  const { element, width } = useWidth<HTMLDivElement>();
  const all = dimensionsOf(rows).filter((dimension) => differs(rows, dimension));
  const params = all.filter(({ kind }) => kind === "params").slice(0, USUAL - 2);
  const metrics = all.filter(({ kind, key }) => kind === "metrics" && !key.startsWith("system/"));
  const usual = [...params, ...metrics.slice(0, Math.max(1, USUAL - params.length))];
  const ids = splitIds(query.get("axes")) ?? usual.map(({ id }) => id);
  const chosen = ids.flatMap((id) => all.find((dimension) => dimension.id === id) ?? []);
  if (all.length < 2) return <Empty>These runs differ in too little to be drawn so.</Empty>;
  const lines = linesOf(rows, chosen, width);
  const brushes = brushesOf(query);
  const isIn = (row: Row) =>
    lines.every(({ dimension, place }) => {
      const brush = brushes.get(dimension.id);
      const y = place(row);
      return !brush || y !== undefined && y >= brush[0] && y <= brush[1];
    });
  const shown = rows.filter(isIn);
  return (
    <>
      <div class="controls">
        <Menu label="Axes">
          {() => (
            <div class="columns-menu">
              <div class="scroll">
                {all.map(({ id, label }) => (
                  <div class="row" key={id}>
                    <label>
                      <input
                        type="checkbox"
                        checked={ids.includes(id)}
                        onChange={({ currentTarget }) =>
                          setQuery({
                            axes: joinIds(
                              currentTarget.checked
                                ? [...ids, id]
                                : ids.filter((one) => one !== id),
                            ),
                          })}
                      />
                      <bdi>{label}</bdi>
                    </label>
                  </div>
                ))}
              </div>
            </div>
          )}
        </Menu>
        <span class="dim">
          {brushes.size > 0
            ? `${shown.length} of ${rows.length} runs go through all ranges`
            : "Drag along an axis to choose a range"}
        </span>
        {brushes.size > 0 && (
          <button
            type="button"
            class="quiet"
            onClick={() => setQuery({ brush: undefined })}
          >
            Clear ranges
          </button>
        )}
      </div>
      <div class="drawing" ref={element} style={{ height: `${HEIGHT}px` }}>
        {width > 0 && (
          <svg width={width} height={HEIGHT} role="group" aria-label="Parallel coordinates">
            {rows.map((row) => {
              const path = pathOf(lines, row);
              const words = `${row.name || row.id}: ${
                chosen.map((dimension) => `${dimension.label} ${textIn(row, dimension) ?? "none"}`)
                  .join(", ")
              }`;
              return (
                <a key={row.id} href={runLink(row.id)} aria-label={words}>
                  <path
                    class={`strand stroke-${colorIndex(row.id)}${isIn(row) ? "" : " out"}`}
                    d={path}
                  >
                    <title>{words}</title>
                  </path>
                </a>
              );
            })}
            {lines.map((line) => (
              <ParallelAxis
                key={line.dimension.id}
                line={line}
                brush={brushes.get(line.dimension.id)}
                onBrush={(range) => setBrush(query, line.dimension.id, range)}
              />
            ))}
          </svg>
        )}
      </div>
    </>
  );
}

function linesOf(rows: readonly Row[], chosen: readonly Dimension[], width: number): Line[] {
  const step = (width - 140) / Math.max(1, chosen.length - 1);
  const [from, to] = [HEIGHT - BOTTOM, TOP];
  return chosen.map((dimension, at): Line => {
    const x = 70 + at * step;
    if (dimension.numeric) {
      const values = rows.flatMap((row) => numberIn(row, dimension) ?? []);
      const positive = values.filter((value) => value > 0);
      const spread = Math.max(...positive) / Math.min(...positive);
      // Learning rates and their like lie in powers of ten.
      const log = positive.length === values.length && spread >= 100;
      const scale = scaleOf(values, from, to, { log });
      return {
        dimension,
        x,
        ticks: scale.ticks.map((tick) => [scale.place(tick), formatNumber(tick)]),
        place: (row) => {
          const value = numberIn(row, dimension);
          return value === undefined ? undefined : scale.place(value);
        },
      };
    }
    const words = [...new Set(rows.flatMap((row) => textIn(row, dimension) ?? []))].sort();
    const placeOf = (text: string) =>
      from + (words.indexOf(text) + 0.5) / words.length * (to - from);
    return {
      dimension,
      x,
      ticks: words.slice(0, 30).map((text) => [
        placeOf(text),
        text.length > 12 ? `${text.slice(0, 11)}…` : text,
      ]),
      place: (row) => {
        const text = textIn(row, dimension);
        return text === undefined ? undefined : placeOf(text);
      },
    };
  });
}

function pathOf(lines: readonly Line[], row: Row): string {
  let [path, pen] = ["", "M"];
  for (const { x, place } of lines) {
    const y = place(row);
    // A run without a value leaves a gap.
    if (y === undefined) pen = "M";
    else {
      path += `${pen}${x.toFixed(1)} ${y.toFixed(1)}`;
      pen = "L";
    }
  }
  return path;
}

/** Ranges of axes, as the address has them: `metrics.loss:120:300`, in pixels of the drawing. */
function brushesOf(query: URLSearchParams): ReadonlyMap<string, readonly [number, number]> {
  return new Map((splitIds(query.get("brush")) ?? []).flatMap((text) => {
    const [, id, low, high] = /^(.+):(\d+):(\d+)$/.exec(text) ?? [];
    return id === undefined ? [] : [[id, [Number(low), Number(high)]] as const];
  }));
}

function setBrush(
  query: URLSearchParams,
  id: string,
  range: readonly [number, number] | undefined,
): void {
  const next = new Map(brushesOf(query));
  if (range) next.set(id, range);
  else next.delete(id);
  const texts = [...next].map(([id, [low, high]]) => `${id}:${low}:${high}`);
  setQuery({ brush: texts.length === 0 ? undefined : joinIds(texts) });
}

function ParallelAxis({ line, brush, onBrush }: {
  line: Line;
  brush: readonly [number, number] | undefined;
  onBrush: (range: readonly [number, number] | undefined) => void;
}) {
  const { dimension, x, ticks } = line;
  const onPointerDown = (event: TargetedPointerEvent<SVGRectElement>) => {
    const area = event.currentTarget;
    const top = area.ownerSVGElement!.getBoundingClientRect().top;
    const start = event.clientY - top;
    area.setPointerCapture(event.pointerId);
    const move = (now: PointerEvent) => {
      const end = Math.min(HEIGHT, Math.max(0, now.clientY - top));
      if (Math.abs(end - start) < 4) return;
      onBrush([Math.round(Math.min(start, end)), Math.round(Math.max(start, end))]);
    };
    onBrush(undefined);
    area.addEventListener("pointermove", move);
    area.addEventListener("lostpointercapture", () => {
      area.removeEventListener("pointermove", move);
    }, { once: true });
  };
  const label = dimension.label.length > 18 ? `${dimension.label.slice(0, 17)}…` : dimension.label;
  return (
    <g class="axis strong-axis">
      <line x1={x} x2={x} y1={TOP} y2={HEIGHT - BOTTOM} />
      {ticks.map(([place, words]) => (
        <text key={place} class="halo" x={x + 6} y={place + 4}>{words}</text>
      ))}
      <text class="axis-label" x={x} y={20} text-anchor="middle">
        {label}
        <title>{dimension.id}</title>
      </text>
      {brush && (
        <rect class="brush" x={x - 7} width={14} y={brush[0]} height={brush[1] - brush[0]} />
      )}
      <rect
        class="grip"
        x={x - 12}
        width={24}
        y={TOP - 8}
        height={HEIGHT - TOP - BOTTOM + 16}
        onPointerDown={onPointerDown}
      />
    </g>
  );
}
