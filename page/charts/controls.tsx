/** How charts are drawn, kept in the address. */
import { setQuery } from "../route.ts";
import { Choice } from "../parts.tsx";
import type { Drawing, XMode } from "./series.ts";

const MODES: readonly (readonly [XMode, string])[] = [
  ["step", "step"],
  ["relative", "time since start"],
  ["time", "time of day"],
];

/** Reads how charts are drawn. */
export function drawingOf(query: URLSearchParams): Drawing {
  const x = MODES.find(([mode]) => mode === query.get("x"))?.[0] ?? "step";
  const smoothing = Number(query.get("smooth") ?? 0);
  const log = query.get("log") ?? "";
  return {
    x,
    logX: log.includes("x") && x !== "time",
    logY: log.includes("y"),
    smoothing: smoothing > 0 && smoothing < 1 ? smoothing : 0,
  };
}

/** The controls. */
export function DrawingControls({ drawing }: { drawing: Drawing }) {
  const setLog = (x: boolean, y: boolean) =>
    setQuery({ log: `${x ? "x" : ""}${y ? "y" : ""}` || undefined });
  return (
    <>
      <Choice
        label="x"
        value={drawing.x}
        options={MODES}
        onChange={(x) => setQuery({ x: x === "step" ? undefined : x })}
      />
      <label class="choice">
        <span>Smoothing</span>
        <input
          type="range"
          min="0"
          max="0.99"
          step="0.01"
          value={drawing.smoothing}
          onInput={({ currentTarget: { value } }) =>
            setQuery({ smooth: Number(value) === 0 ? undefined : value })}
        />
        <output>{drawing.smoothing === 0 ? "off" : drawing.smoothing.toFixed(2)}</output>
      </label>
      <label class="choice check-choice">
        <input
          type="checkbox"
          checked={drawing.logX}
          disabled={drawing.x === "time"}
          onChange={({ currentTarget }) => setLog(currentTarget.checked, drawing.logY)}
        />
        <span>log x</span>
      </label>
      <label class="choice check-choice">
        <input
          type="checkbox"
          checked={drawing.logY}
          onChange={({ currentTarget }) => setLog(drawing.logX, currentTarget.checked)}
        />
        <span>log y</span>
      </label>
    </>
  );
}
