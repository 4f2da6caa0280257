/** Values of options, checked. */
import type { RunStatus } from "../runs/run.ts";
import { UsageError } from "./verb.ts";

const STATUSES: readonly string[] = ["running", "completed", "failed"];

/** A whole number. */
export function parseCount(option: string, text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new UsageError(`--${option} takes a whole number, not ${JSON.stringify(text)}`);
}

/** The status of a run. */
export function parseStatus(text: string): RunStatus {
  if (STATUSES.includes(text)) return text as RunStatus;
  throw new UsageError(`--status takes ${STATUSES.join(", ")}, not ${JSON.stringify(text)}`);
}
