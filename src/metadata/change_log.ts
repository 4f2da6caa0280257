/** Changes of a store, made by any program. */
import { InvalidOptionError, quote } from "../base/errors.ts";

/** A position in the sequence of changes, opaque to callers. */
export type ChangePosition = readonly number[];

/** A new value of a metric. */
export interface NewValue {
  /** Name of the metric. */
  readonly key: string;
  /** Value at the largest step: of the new points, or of all where the database keeps that. */
  readonly value: number;
  /** Training step. */
  readonly step: number;
}

/** One change. Only the latest of several equal changes is reported. */
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

/** A sequence of changes. */
export interface Changes {
  /** The changes, in order. */
  readonly changes: readonly Change[];
  /** Position after them. */
  readonly position: ChangePosition;
  /** Whether more changes follow. */
  readonly more: boolean;
}

/** Change log of a store. */
export interface ChangeLog {
  /** Returns the position after all changes. Cheap, because it is called several times a second. */
  position(): Promise<ChangePosition>;
  /** Returns the changes after a position, possibly only the first of them. */
  since(position: ChangePosition): Promise<Changes>;
}

/**
 * Parses the id of an event to a position.
 *
 * @throws {InvalidOptionError} If it is not the id of an event.
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
