/** The axes of drawings. */
import { useEffect, useRef, useState } from "preact/hooks";
import { formatNumber } from "../format.ts";
import type { Scale } from "./scale.ts";

/** The width of an element, as it changes. */
export function useWidth<T extends HTMLElement>() {
  const element = useRef<T>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const observer = new ResizeObserver(([entry]) =>
      setWidth(Math.floor(entry!.contentRect.width))
    );
    observer.observe(element.current!);
    return () => observer.disconnect();
  }, []);
  return { element, width };
}

/** A frame with a horizontal axis of numbers or words, and a vertical one of numbers. */
export function Frame({ x, y, width, height, labels }: {
  x: Scale | readonly (readonly [place: number, words: string])[];
  y: Scale;
  width: number;
  height: number;
  labels: readonly [x: string, y: string];
}) {
  const bottom = height - 48;
  const ticks = "ticks" in x
    ? x.ticks.map((tick) => [x.place(tick), formatNumber(tick)] as const)
    : x;
  return (
    <g class="axis" aria-hidden="true">
      {ticks.map(([place, words]) => (
        <g key={place}>
          <line x1={place} x2={place} y1={24} y2={bottom} />
          <text x={place} y={bottom + 16} text-anchor="middle">{words}</text>
        </g>
      ))}
      {y.ticks.map((tick) => (
        <g key={tick}>
          <line x1={64} x2={width - 16} y1={y.place(tick)} y2={y.place(tick)} />
          <text x={58} y={y.place(tick) + 4} text-anchor="end">{formatNumber(tick)}</text>
        </g>
      ))}
      <text class="axis-label" x={(64 + width - 16) / 2} y={height - 8} text-anchor="middle">
        {labels[0]}
      </text>
      <text class="axis-label" x={8} y={12}>{labels[1]}</text>
    </g>
  );
}
