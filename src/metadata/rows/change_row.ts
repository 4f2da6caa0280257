/** Recorded changes, and conversion of their rows. */
import type { Change, NewValue } from "../change_log.ts";
import { numberOrNull, type SqlRow, text } from "./value.ts";

/** Recorded change of each table: its kind, and the column with the subject. */
export const NOTED: readonly (readonly [table: string, kind: string, column: string])[] = [
  ["params", "run", "run_id"],
  ["tags", "run", "run_id"],
  ["datasets", "run", "run_id"],
  ["artifacts", "artifact", "run_id"],
  ["models", "model", "name"],
  ["model_versions", "model", "model_name"],
];

/** Converts the kind and the subject of a recorded change of any kind but `metrics`. */
export function changeOf(kind: string, subject: string): Change {
  if (kind === "model") return { kind, model: subject };
  return { kind: kind as "run" | "artifact" | "removed", runId: subject };
}

/** Converts rows of new values and groups them by run. */
export function valuesByRun(rows: readonly SqlRow[]): Map<string, NewValue[]> {
  const byRun = new Map<string, NewValue[]>();
  for (const { run_id, key, value, step } of rows) {
    const values = byRun.get(text(run_id)) ?? [];
    byRun.set(text(run_id), values);
    values.push({ key: text(key), value: numberOrNull(value) ?? NaN, step: Number(step) });
  }
  return byRun;
}
