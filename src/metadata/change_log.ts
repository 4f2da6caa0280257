/** What has changed in a store, whichever program has changed it. */
import { InvalidOptionError, quote } from "../base/errors.ts";

/** A place among changes; only the store that made it reads it. */
export type ChangePosition = readonly number[];

/** A value that a metric got. */
export interface NewValue {
  /** The metric. */
  readonly key: string;
  /** The value at the largest step that is new. */
  readonly value: number;
  /** That step. */
  readonly step: number;
}

/** One change. Of several changes of one kind to one thing only the latest is there. */
export type Change =
  /** A run was started, ended, changed, or got params, tags or datasets. */
  | { readonly kind: "run"; readonly runId: string }
  /** Points were logged. */
  | { readonly kind: "metrics"; readonly runId: string; readonly values: readonly NewValue[] }
  /** Artifacts were stored, replaced or removed. */
  | { readonly kind: "artifact"; readonly runId: string }
  /** A run was removed. */
  | { readonly kind: "removed"; readonly runId: string }
  /** A model or one of its versions was added, changed or removed. */
  | { readonly kind: "model"; readonly model: string };

/** Changes, in order. */
export interface Changes {
  /** The changes. */
  readonly changes: readonly Change[];
  /** The place behind them. */
  readonly position: ChangePosition;
  /** Whether there are more. */
  readonly more: boolean;
}

/** The changes of a store. */
export interface ChangeLog {
  /** The place behind all changes. Cheap: it is asked for several times a second. */
  position(): Promise<ChangePosition>;
  /** The changes behind a place, or the first of them. */
  since(position: ChangePosition): Promise<Changes>;
}

/**
 * The place that the id of an event names.
 *
 * @throws {InvalidOptionError} If it is not the id of one.
 */
export function parsePosition(id: string): ChangePosition {
  const parts = typeof id === "string" && /^\d{1,16}(-\d{1,16}){0,999}$/.test(id)
    ? id.split("-").map(Number)
    : [];
  if (parts.length > 0 && parts.every(Number.isSafeInteger)) return parts;
  throw new InvalidOptionError(
    `Cannot watch after ${quote(id)}: it is not the id of an event; leave it out to begin now`,
  );
}
