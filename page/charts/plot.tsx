/** A plot of curves. */
import { useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import uPlot from "uplot";
import { useCell } from "../cell.ts";
import { formatNumber } from "../format.ts";
import { theme } from "../theme.ts";
import { axesOf, placeText } from "./axes.ts";
import { align, type Aligned, type Drawing, type Series } from "./series.ts";

/** Most lines that the box beside the pointer names. */
const MOST_NAMED = 12;

/** A colour, more or less see-through. */
function faint(color: string, alpha: number): string {
  const [, r, g, b] = /^#(..)(..)(..)$/.exec(color) ?? [];
  if (r === undefined) return color;
  return `rgba(${[r, g!, b!].map((hex) => parseInt(hex, 16)).join()}, ${alpha})`;
}

/** Curves with axes, a box of values beside the pointer, and zoom. */
export function Plot({ label, lines, drawing, height, onZoom }: {
  label: string;
  lines: readonly Series[];
  drawing: Drawing;
  height: number;
  /** Called with the places between which the plot is zoomed; `undefined` if it shows all. */
  onZoom?: (range: readonly [low: number, high: number] | undefined) => void;
}) {
  const root = useRef<HTMLDivElement>(null);
  const box = useRef<HTMLDivElement>(null);
  const words = useRef<HTMLSpanElement>(null);
  const plot = useRef<uPlot>(undefined);
  const shownTheme = useCell(theme);
  const aligned = useMemo(() => align(lines, drawing.smoothing), [lines, drawing.smoothing]);
  const newest = useRef({ aligned, drawing, onZoom });
  newest.current = { aligned, drawing, onZoom };
  const shape = [
    shownTheme,
    drawing.x,
    drawing.logX,
    drawing.logY,
    ...aligned.columns.map(({ series, part }) => `${part}${series.id}${series.color}`),
  ].join(" ");
  useLayoutEffect(() => {
    const host = root.current!;
    const made = new uPlot(
      optionsOf(aligned, drawing, Math.max(80, host.clientWidth), height, {
        move: (u) => showBox(u, box.current!, newest.current.aligned, newest.current.drawing),
        zoom: (range) => newest.current.onZoom?.(range),
      }),
      aligned.data,
      host,
    );
    plot.current = made;
    const observer = new ResizeObserver(() => {
      if (host.clientWidth > 0 && host.clientWidth !== made.width) {
        made.setSize({ width: host.clientWidth, height });
      }
    });
    observer.observe(host);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = undefined;
    };
  }, [shape, height]);
  useEffect(() => {
    const made = plot.current;
    if (made && made.data !== aligned.data) made.setData(aligned.data, !zoomOf(made));
  }, [aligned]);
  const step = (event: KeyboardEvent) => {
    const made = plot.current;
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!made || by === undefined) return;
    event.preventDefault();
    const places = made.data[0];
    const at = Math.max(0, Math.min(places.length - 1, (made.cursor.idx ?? -1) + by));
    const left = made.valToPos(places[at]!, "x");
    const value = aligned.columns.findIndex(({ part }) => part === "line") + 1;
    const y = made.data[value]?.[at];
    made.setCursor({ left, top: y == null ? 10 : made.valToPos(y, "y") });
    words.current!.textContent = `${placeText(places[at]!, drawing)}: ${
      aligned.columns.slice(0, 20).flatMap(({ part, series }, index) =>
        part === "line" ? `${series.label} ${textAt(made, index + 1, at)}` : []
      ).join(", ")
    }`;
  };
  return (
    <div
      class="plot"
      ref={root}
      style={{ height: `${height}px` }}
      role="img"
      aria-label={label}
      tabIndex={0}
      onKeyDown={step}
    >
      <div class="plot-box" ref={box} hidden aria-hidden="true" />
      <span class="visually-hidden" aria-live="polite" ref={words} />
    </div>
  );
}

function textAt(u: uPlot, column: number, at: number): string {
  const value = u.data[column]?.[at];
  return value == null ? "no value" : formatNumber(value, 5);
}

/** The places between which a plot is zoomed; `undefined` if it shows all. */
function zoomOf(u: uPlot): readonly [low: number, high: number] | undefined {
  const places = u.data[0];
  const { min, max } = u.scales["x"]!;
  const isZoomed = places.length > 1 && min != null && max != null &&
    (min > places[0]! + 1e-9 || max < places.at(-1)! - 1e-9);
  return isZoomed ? [min, max] : undefined;
}

function optionsOf(
  { columns }: Aligned,
  drawing: Drawing,
  width: number,
  height: number,
  on: {
    move: (u: uPlot) => void;
    zoom: (range: readonly [number, number] | undefined) => void;
  },
): uPlot.Options {
  const series: uPlot.Series[] = columns.map(({ series, part }) => {
    const few = series.ys.filter((value) => value !== null).length < 40;
    const edge = part === "low" || part === "high";
    return {
      label: series.label,
      stroke: edge ? "transparent" : part === "raw" ? faint(series.color, 0.28) : series.color,
      width: edge ? 0 : part === "raw" ? 1 : 1.5,
      points: { show: part === "line" && few && columns.length < 20, size: 5 },
    };
  });
  const bands = columns.flatMap(({ series, part }, at): uPlot.Band[] =>
    part === "high" ? [{ series: [at + 1, at], fill: faint(series.color, 0.16) }] : []
  );
  return {
    width,
    height,
    padding: [8, 12, 0, 0],
    legend: { show: false },
    cursor: {
      drag: { x: true, y: false, uni: 20 },
      focus: { prox: 24 },
      points: { size: 6 },
      y: false,
    },
    focus: { alpha: 0.35 },
    scales: {
      x: { time: drawing.x === "time", distr: drawing.logX ? 3 : 1 },
      y: { distr: drawing.logY ? 3 : 1 },
    },
    axes: axesOf(drawing),
    series: [{}, ...series],
    bands,
    hooks: {
      setCursor: [on.move],
      setScale: [(u, key) => {
        if (key === "x" && u.status === 1) on.zoom(zoomOf(u));
      }],
    },
  };
}

/** Shows the values of all lines at the pointer; that of the nearest line stands out. */
function showBox(u: uPlot, box: HTMLDivElement, { columns }: Aligned, drawing: Drawing): void {
  const { idx, left = -1, top = -1 } = u.cursor;
  if (idx == null || left < 0) return void (box.hidden = true);
  const found = columns.flatMap(({ series, part }, at) => {
    const value = u.data[at + 1]?.[idx] ?? nearest(u, at + 1, idx);
    if (part !== "line" || value == null) return [];
    return [{ series, value, distance: Math.abs(u.valToPos(value, "y") - top) }];
  });
  if (found.length === 0) return void (box.hidden = true);
  const closest = found.reduce((a, b) => b.distance < a.distance ? b : a);
  const shown = [...found].sort((a, b) => a.distance - b.distance).slice(0, MOST_NAMED)
    .sort((a, b) => b.value - a.value);
  const head = document.createElement("div");
  head.className = "dim";
  head.textContent = placeText(u.data[0][idx]!, drawing);
  box.replaceChildren(
    head,
    ...shown.map(({ series, value }) => {
      const row = document.createElement("div");
      row.className = series === closest.series && shown.length > 1 ? "row strong" : "row";
      const swatch = document.createElement("span");
      swatch.className = "swatch";
      swatch.style.background = series.color;
      const name = document.createElement("bdi");
      name.textContent = series.label;
      const number = document.createElement("span");
      number.className = "number";
      number.textContent = formatNumber(value, 5);
      row.append(swatch, name, number);
      return row;
    }),
  );
  if (found.length > shown.length) {
    const more = document.createElement("div");
    more.className = "dim";
    more.textContent = `${found.length - shown.length} more`;
    box.append(more);
  }
  box.hidden = false;
  const offset = u.over.offsetLeft;
  const room = u.width - offset - left;
  const width = box.offsetWidth;
  const x = room > width + 24 ? offset + left + 14 : offset + left - width - 14;
  box.style.transform = `translate(${Math.max(0, x)}px, ${Math.max(0, top - 20)}px)`;
}

/** The value of a line at a place where only other lines have points. */
function nearest(u: uPlot, column: number, idx: number): number | undefined {
  const values = u.data[column]!;
  for (let away = 1; away < 50; away++) {
    const value = values[idx - away] ?? values[idx + away];
    if (value != null) return value;
  }
  return undefined;
}
