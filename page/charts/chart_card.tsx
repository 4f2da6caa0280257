/** One metric as a chart, loaded once it is in sight. */
import type { ComponentChildren } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { messageOf } from "../api.ts";
import { useCell } from "../cell.ts";
import { formatNumber, toNumber } from "../format.ts";
import { useLive } from "../live.ts";
import { Problem } from "../parts.tsx";
import { theme } from "../theme.ts";
import type { Curve } from "../types.ts";
import { loadCurves } from "./curve_loader.ts";
import { type StepRange, stepRange, withDetail } from "./detail.ts";
import { Plot } from "./plot.tsx";
import type { Drawing, Series } from "./series.ts";

/** A chart of a metric of one run or several. */
export function ChartCard({ metric, title = metric, runs, drawing, height, toLines, extra }: {
  metric: string;
  title?: string;
  runs: readonly string[];
  drawing: Drawing;
  height: number;
  /** Makes lines of curves: a run each, or a group each. */
  toLines: (curves: readonly Curve[]) => readonly Series[];
  extra?: ComponentChildren;
}) {
  const card = useRef<HTMLElement>(null);
  const [seen, setSeen] = useState(false);
  const [curves, setCurves] = useState<readonly Curve[]>();
  const [error, setError] = useState<string>();
  const [detail, setDetail] = useState<readonly Curve[]>();
  const range = useRef<StepRange>(undefined);
  const shownTheme = useCell(theme);
  useEffect(() => {
    const observer = new IntersectionObserver(
      (entries) => setSeen(entries.some(({ isIntersecting }) => isIntersecting)),
      { rootMargin: "300px" },
    );
    observer.observe(card.current!);
    return () => observer.disconnect();
  }, []);
  const points = Math.max(200, Math.min(1000, innerWidth));
  const names = runs.join();
  const turn = useRef(0);
  const load = () => {
    const own = ++turn.current;
    loadCurves(runs, metric, points).then((found) => {
      if (own !== turn.current) return;
      setCurves(found);
      setError(undefined);
    }, (problem) => own === turn.current && setError(messageOf(problem)));
    loadDetail();
  };
  /** Loads the zoomed range of a thinned curve in more detail. */
  const loadDetail = () => {
    const own = range.current;
    if (own) {
      loadCurves(runs, metric, points, own).then(
        (found) => own === range.current && setDetail(found),
        () => {}, // The whole curve stays.
      );
    }
  };
  const zoom = (places: readonly [number, number] | undefined) => {
    range.current = places && curves ? stepRange(curves, drawing, places) : undefined;
    if (range.current) loadDetail();
    else setDetail(undefined);
  };
  useEffect(() => {
    if (seen) load();
    return () => void turn.current++;
  }, [seen, names, metric, points]);
  useLive(
    (event) => seen && event.kind === "metrics" && runs.includes(event["run-id"] ?? ""),
    load,
    1500,
  );
  const shown = useMemo(() => curves && detail ? withDetail(curves, detail) : curves, [
    curves,
    detail,
  ]);
  const lines = useMemo(() => shown ? toLines(shown) : [], [shown, toLines, shownTheme]);
  const facts = shown && factsOf(shown, lines, drawing);
  return (
    <section class="card" ref={card} aria-label={title}>
      <header>
        <h3 title={title}>
          <bdi>{title}</bdi>
        </h3>
        <span class="facts">{facts?.short}</span>
        {extra}
      </header>
      {error !== undefined && !curves
        ? <Problem words={error} retry={load} />
        : !curves
        ? <div class="plot-wait" style={{ height: `${height}px` }} />
        : lines.every(({ ys }) => ys.every((value) => value === null))
        ? (
          <div class="plot-wait empty" style={{ height: `${height}px` }}>
            {facts!.nothing}
          </div>
        )
        : (
          <Plot
            label={`${title}: ${facts!.long}`}
            lines={lines}
            drawing={drawing}
            height={height}
            onZoom={zoom}
          />
        )}
    </section>
  );
}

/** Notes of a chart. */
function factsOf(curves: readonly Curve[], lines: readonly Series[], drawing: Drawing) {
  const count = curves.reduce((sum, curve) => sum + curve.count, 0);
  const drawn = curves.reduce((sum, curve) => sum + curve.values.length, 0);
  const strange = curves.reduce((sum, curve) => sum + curve["non-finite"], 0);
  const notes = [];
  if (drawing.logY || drawing.logX) {
    notes.push(drawing.logX ? drawing.logY ? "log axes" : "log x" : "log y");
  }
  if (curves.some(({ thinned }) => thinned)) {
    notes.push(`${drawn.toLocaleString("en-US")} of ${count.toLocaleString("en-US")} points`);
  }
  if (strange > 0) notes.push(`${strange} not finite`);
  const [only] = curves;
  if (curves.length === 1 && only && only.values.length > 0) {
    notes.push(formatNumber(toNumber(only.values.at(-1)), 5));
  }
  const numbers = curves.flatMap(({ values }) => values.map(toNumber)).filter(Number.isFinite);
  const low = numbers.reduce((a, b) => Math.min(a, b), Infinity);
  const high = numbers.reduce((a, b) => Math.max(a, b), -Infinity);
  const range = numbers.length === 0
    ? "no finite value"
    : `from ${formatNumber(low, 5)} to ${formatNumber(high, 5)}`;
  return {
    short: notes.join(" · "),
    long: `${lines.length} ${lines.length === 1 ? "curve" : "curves"}, ${count} points, ${range}`,
    nothing: count === 0
      ? "No points yet"
      : numbers.length === 0
      ? `All ${count} values are NaN or infinite`
      : "A log axis has no place for values that are not positive",
  };
}
