/** Cells that look the same wherever they stand. */
import { formatTime, printable } from "../text/format.ts";
import type { Run } from "../metadata/run.ts";
import { markup } from "./html.ts";
import type { Cell } from "./table.ts";

const LOOKS: ReadonlyMap<string, string> = new Map([
  ["completed", "good"],
  ["failed", "bad"],
  ["running", "busy"],
  ["production", "good"],
  ["staging", "busy"],
]);

/** A status or a stage, in its colour. */
export function statusCell(status: string): Cell {
  return {
    text: status,
    html: markup`<span class="${LOOKS.get(status) ?? "dim"}">${status}</span>`,
  };
}

/** The beginning of an id or a hash, in full where the pointer rests. */
export function idCell(id: string): Cell {
  const start = id.length > 12 ? `${id.slice(0, 8)}…` : id;
  return { text: start, html: markup`<code title="${id}">${start}</code>` };
}

/** How long a run has taken. */
export function duration({ startTime, endTime }: Run): string {
  if (endTime === null) return "";
  const seconds = (endTime.getTime() - startTime.getTime()) / 1000;
  if (!Number.isFinite(seconds)) return "?";
  if (seconds < 60) return `${Number(seconds.toFixed(1))} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.round(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** What a run is called. */
export function runName({ id, name }: Run): Cell {
  return name === null ? idCell(id) : name;
}

/** A time. */
export function timeCell(time: Date | null): Cell {
  return unbroken(formatTime(time));
}

/** Text that stays on one line. */
export function unbroken(text: string): Cell {
  return { text, html: markup`<span style="white-space:nowrap">${text}</span>` };
}

/** Text in one line. */
export function oneLine(text: string): string {
  return printable(text.toWellFormed());
}
