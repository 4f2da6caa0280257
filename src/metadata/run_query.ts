/** Queries for runs. */
import { EdnValue, type ParamValue, sameEdn, toEdn } from "../edn/mod.ts";
import { InvalidOptionError } from "../base/errors.ts";
import type { RunStatus } from "./run.ts";

/** An exact value, or bounds for a number. */
export type Condition<T = number> = T | Bounds<T>;

/** Bounds of a value, all of which must hold. */
export interface Bounds<T = number> {
  /** Equal to. */
  readonly eq?: T;
  /** Not equal to. */
  readonly ne?: T;
  /** Greater than. */
  readonly gt?: number;
  /** Greater than or equal to. */
  readonly gte?: number;
  /** Less than. */
  readonly lt?: number;
  /** Less than or equal to. */
  readonly lte?: number;
}

/** Orders runs by a metric. Runs without it come last. */
export interface MetricOrder {
  /** Name of the metric. */
  readonly metric: string;
  /**
   * Whether the largest or the smallest value comes first.
   *
   * @default {"desc"}
   */
  readonly order?: "asc" | "desc";
  /**
   * Value of the summary to sort by.
   *
   * @default {"last"}
   */
  readonly of?: "last" | "min" | "max";
}

/** Orders runs by a param: numbers before text, runs without it last. */
export interface ParamOrder {
  /** Name of the param. */
  readonly param: string;
  /**
   * Whether the largest or the smallest value comes first.
   *
   * @default {"desc"}
   */
  readonly order?: "asc" | "desc";
}

/** Orders runs by time. By end and duration, running runs come last. */
export interface TimeOrder {
  /** Start time, end time, or duration. */
  readonly time: "start" | "end" | "duration";
  /**
   * Whether the latest or longest comes first, or the earliest or shortest.
   *
   * @default {"desc"}
   */
  readonly order?: "asc" | "desc";
}

/** Order of a list of runs. */
export type RunOrder = MetricOrder | ParamOrder | TimeOrder;

/** Filters, order and limit of a list of runs. Omitted filters match every run. */
export interface RunQuery {
  /** Only runs whose id starts with this text. */
  readonly idPrefix?: string;
  /** Only runs of this experiment. */
  readonly experiment?: string;
  /** Only runs with this status. */
  readonly status?: RunStatus;
  /** Only runs with this name. */
  readonly name?: string;
  /** Only children of this run. */
  readonly parentId?: string;
  /** Only runs started by this user. */
  readonly createdBy?: string;
  /** Only runs started at this time or later. */
  readonly since?: Date;
  /** Only runs started before this time. */
  readonly before?: Date;
  /** Only runs with these tags. */
  readonly tags?: Readonly<Record<string, string>>;
  /** Only runs with matching params: `{ lr: { lt: 0.1 }, optimizer: "adam" }`. */
  readonly params?: Readonly<Record<string, Condition<ParamValue>>>;
  /** Only runs whose metrics have a matching last value: `{ loss: { lt: 0.1 } }`. */
  readonly metrics?: Readonly<Record<string, Condition>>;
  /** Order by a metric, a param or a time; by default newest first. */
  readonly sortBy?: RunOrder;
  /**
   * Whether archived runs are excluded, included, or listed alone.
   *
   * @default {"exclude", or "include" if `status` or `idPrefix` is given}
   */
  readonly archived?: "exclude" | "include" | "only";
  /** Maximum number of runs. */
  readonly limit?: number;
}

const OPERATORS = ["eq", "ne", "gt", "gte", "lt", "lte"] as const;

/**
 * Creates a predicate for a condition. A missing value never matches.
 *
 * @throws {InvalidOptionError} If the condition has an unknown operator.
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

/** Whether an object specifies bounds; a param's value has other keys. */
function isBounds(condition: Condition<ParamValue>): condition is Bounds<ParamValue> {
  if (typeof condition !== "object" || condition === null || Array.isArray(condition)) return false;
  const keys = Object.keys(condition);
  return keys.length > 0 && keys.every((key) => (OPERATORS as readonly string[]).includes(key));
}

/** Whether a stored value equals another. A keyword also equals its name. */
function isEqual(value: unknown, other: ParamValue): boolean {
  if (value instanceof EdnValue && typeof other === "string") {
    return value.text === other || value.kind === "keyword" && value.value === other;
  }
  return sameEdn(toEdn(value as ParamValue), toEdn(other));
}

/** Returns the number of an EDN value; `undefined` if it is not a number. */
export function numberOf(value: unknown): number | undefined {
  const isNumeric = typeof value === "number" || typeof value === "bigint" ||
    value instanceof EdnValue && ["ratio", "decimal", "integer"].includes(value.kind);
  const number = isNumeric ? Number(value instanceof EdnValue ? value.value : value) : NaN;
  return Number.isNaN(number) ? undefined : number;
}
