/** Table cells shared by several displays. */
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

/** Formats a status or stage in its color. */
export function statusCell(status: string): Cell {
  return {
    text: status,
    html: markup`<span class="${LOOKS.get(status) ?? "dim"}">${status}</span>`,
  };
}

/** Shortens an id or hash; hovering shows all of it. */
export function idCell(id: string): Cell {
  const start = id.length > 12 ? `${id.slice(0, 8)}…` : id;
  return { text: start, html: markup`<code title="${id}">${start}</code>` };
}

/** Formats the duration of a run; empty while it is running. */
export function duration({ startTime, endTime }: Run): string {
  if (endTime === null) return "";
  const seconds = (endTime.getTime() - startTime.getTime()) / 1000;
  if (!Number.isFinite(seconds)) return "?";
  if (seconds < 60) return `${Number(seconds.toFixed(1))} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.round(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Returns the name of a run, or its shortened id. */
export function runName({ id, name }: Run): Cell {
  return name === null ? idCell(id) : name;
}

/** Formats a time. */
export function timeCell(time: Date | null): Cell {
  return noWrap(formatTime(time));
}

/** Formats text without line breaks. */
export function noWrap(text: string): Cell {
  return { text, html: markup`<span style="white-space:nowrap">${text}</span>` };
}

/** Escapes text for a single line. */
export function oneLine(text: string): string {
  return printable(text.toWellFormed());
}
