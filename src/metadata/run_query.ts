/** Which runs to list, and in which order. */
import { EdnValue, type ParamValue, sameEdn, toEdn } from "../edn/mod.ts";
import { InvalidOptionError } from "../base/errors.ts";
import type { RunStatus } from "./run.ts";

/** A value that is to be met exactly, or bounds for a number. */
export type Condition<T = number> = T | Bounds<T>;

/** What a value must be; all that is said. */
export interface Bounds<T = number> {
  /** Equal. */
  readonly eq?: T;
  /** Not equal. */
  readonly ne?: T;
  /** Greater. */
  readonly gt?: number;
  /** Greater or equal. */
  readonly gte?: number;
  /** Less. */
  readonly lt?: number;
  /** Less or equal. */
  readonly lte?: number;
}

/** In which order to list runs: by a metric. Runs without it come last. */
export interface MetricOrder {
  /** The metric. */
  readonly metric: string;
  /**
   * The largest value first, or the smallest.
   *
   * @default {"desc"}
   */
  readonly order?: "asc" | "desc";
  /**
   * Which of its values speaks for a run.
   *
   * @default {"last"}
   */
  readonly of?: "last" | "min" | "max";
}

/** In which order to list runs: by a param. Numbers come before text, runs without it last. */
export interface ParamOrder {
  /** The param. */
  readonly param: string;
  /**
   * The largest value first, or the smallest.
   *
   * @default {"desc"}
   */
  readonly order?: "asc" | "desc";
}

/** In which order to list runs: by time. Runs that have not ended come last by end and duration. */
export interface TimeOrder {
  /** When it started, when it ended, or how long it took. */
  readonly time: "start" | "end" | "duration";
  /**
   * The latest or longest first, or the reverse.
   *
   * @default {"desc"}
   */
  readonly order?: "asc" | "desc";
}

/** In which order to list runs. */
export type RunOrder = MetricOrder | ParamOrder | TimeOrder;

/** Which runs to list; what is left out does not matter. */
export interface RunQuery {
  /** Whose ids begin so. */
  readonly idPrefix?: string;
  /** Of this experiment. */
  readonly experiment?: string;
  /** Of this status. */
  readonly status?: RunStatus;
  /** Of this name. */
  readonly name?: string;
  /** Part of this run. */
  readonly parentId?: string;
  /** Started by this one. */
  readonly createdBy?: string;
  /** Started at this time or later. */
  readonly since?: Date;
  /** Started before this time. */
  readonly before?: Date;
  /** With these labels. */
  readonly tags?: Readonly<Record<string, string>>;
  /** With params like these: `{ lr: { lt: 0.1 }, optimizer: "adam" }`. */
  readonly params?: Readonly<Record<string, Condition<ParamValue>>>;
  /** Whose metrics came, with their last value, to something like this: `{ loss: { lt: 0.1 } }`. */
  readonly metrics?: Readonly<Record<string, Condition>>;
  /** By a metric, a param or a time; the newest first if left out. */
  readonly sortBy?: RunOrder;
  /**
   * Whether archived runs are left out, listed too, or listed alone.
   *
   * @default {"exclude", or "include" if `status` or `idPrefix` is given}
   */
  readonly archived?: "exclude" | "include" | "only";
  /** At most so many. */
  readonly limit?: number;
}

const OPERATORS = ["eq", "ne", "gt", "gte", "lt", "lte"] as const;

/**
 * A test for a condition. A value that is not there meets none.
 *
 * @throws {InvalidOptionError} If the condition has an operator that is not known.
 */
export function testFor(
  what: string,
  condition: Condition<ParamValue>,
): (value: unknown) => boolean {
  const bounds = isBounds(condition) ? condition : { eq: condition };
  for (const [operator, bound] of Object.entries(bounds)) {
    const comparing = !["eq", "ne"].includes(operator);
    if (comparing && numberOf(bound) === undefined) {
      throw new InvalidOptionError(`Cannot list runs: ${operator} of ${what} takes a number`);
    }
  }
  const { eq, ne } = bounds;
  const [gt, gte, lt, lte] = [bounds.gt, bounds.gte, bounds.lt, bounds.lte].map(numberOf);
  return (value) => {
    if (value === undefined) return false;
    if (eq !== undefined && !isEqual(value, eq)) return false;
    if (ne !== undefined && isEqual(value, ne)) return false;
    if ([gt, gte, lt, lte].every((bound) => bound === undefined)) return true;
    const number = numberOf(value);
    return number !== undefined && (gt === undefined || number > gt) &&
      (gte === undefined || number >= gte) && (lt === undefined || number < lt) &&
      (lte === undefined || number <= lte);
  };
}

/** Whether an object says bounds; one that is a param's value has other keys. */
function isBounds(condition: Condition<ParamValue>): condition is Bounds<ParamValue> {
  if (typeof condition !== "object" || condition === null || Array.isArray(condition)) return false;
  const keys = Object.keys(condition);
  return keys.length > 0 && keys.every((key) => (OPERATORS as readonly string[]).includes(key));
}

/** Whether a stored value is the one asked for; a keyword is known by its name, too. */
function isEqual(value: unknown, other: ParamValue): boolean {
  if (value instanceof EdnValue && typeof other === "string") {
    return value.text === other || value.kind === "keyword" && value.value === other;
  }
  return sameEdn(toEdn(value as ParamValue), toEdn(other));
}

/** A number of any kind that EDN knows; `undefined` for anything else, and for what is no number. */
export function numberOf(value: unknown): number | undefined {
  const isNumeric = typeof value === "number" || typeof value === "bigint" ||
    value instanceof EdnValue && ["ratio", "decimal", "integer"].includes(value.kind);
  const number = isNumeric ? Number(value instanceof EdnValue ? value.value : value) : NaN;
  return Number.isNaN(number) ? undefined : number;
}
