/** Small curves of the runs that are in sight. */
import { useEffect, useRef, useState } from "preact/hooks";
import { get } from "../api.ts";
import { toNumber } from "../format.ts";
import type { Curve, Row } from "../types.ts";

/** Points of a small curve. */
const POINTS = 32;

/** Milliseconds of rest, while scrolling, before curves are asked for. */
const PATIENCE = 120;

/** Most curves that are kept. */
const MOST = 3000;

/** Path data of a curve in a box of some size. */
export function pathOf(curve: Pick<Curve, "values">, width: number, height: number): string {
  const values = curve.values.map(toNumber);
  const finite = values.filter(Number.isFinite);
  if (finite.length === 0) return "";
  const low = finite.reduce((a, b) => Math.min(a, b));
  const high = finite.reduce((a, b) => Math.max(a, b));
  const span = high - low || 1;
  let [path, pen] = ["", "M"];
  values.forEach((value, at) => {
    if (!Number.isFinite(value)) return void (pen = "M");
    const x = values.length === 1 ? width / 2 : at / (values.length - 1) * width;
    const y = high === low ? height / 2 : height - (value - low) / span * height;
    path += `${pen}${x.toFixed(1)} ${y.toFixed(1)}`;
    pen = "L";
  });
  return path;
}

/** Curves of one metric, by the ids of runs; those in sight are loaded. */
export function useSparklines(
  key: string | undefined,
  visible: readonly Row[],
): ReadonlyMap<string, Curve> {
  const kept = useRef(new Map<string, Curve>());
  const versions = useRef(new Map<string, number>());
  const [, render] = useState(0);
  useEffect(() => {
    kept.current = new Map();
    versions.current = new Map();
  }, [key]);
  const wanted = key === undefined ? [] : visible.filter((row) => {
    const count = row.metrics[key]?.count ?? 0;
    return count > 1 && versions.current.get(row.id) !== count;
  });
  const signature = wanted.map(({ id }) => id).join();
  useEffect(() => {
    if (signature === "" || key === undefined) return;
    const load = async () => {
      const rows = wanted.slice(0, 100);
      for (const row of rows) versions.current.set(row.id, row.metrics[key]!.count);
      const target = kept.current;
      const curves = await get<Curve[]>("/api/curves", {
        runs: rows.map(({ id }) => id).join(),
        keys: [key, key],
        points: POINTS,
      }).catch(() => undefined);
      // Another metric was chosen meanwhile.
      if (target !== kept.current) return;
      if (!curves) return rows.forEach((row) => versions.current.delete(row.id));
      if (target.size > MOST) target.clear();
      for (const curve of curves) target.set(curve["run-id"], curve);
      render((n) => n + 1);
    };
    const timer = setTimeout(() => void load(), PATIENCE);
    return () => clearTimeout(timer);
  }, [signature, key]);
  return kept.current;
}
