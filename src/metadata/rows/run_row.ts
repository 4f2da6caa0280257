/** Conversion of run rows. */
import { EdnValue, fromEdn, type ParamValue, toEdn } from "../../edn/mod.ts";
import type { Run, RunStatus } from "../run.ts";
import { type SqlRow, text, textOrNull } from "./value.ts";

/**
 * Converts a row and the run's rows of the tags table. The latter override the tags of the start.
 */
export function runOf(row: SqlRow, tags: SqlRow[]): Run {
  return {
    id: text(row.id),
    experiment: text(row.experiment),
    name: textOrNull(row.name),
    status: text(row.status) as RunStatus,
    startTime: new Date(Number(row.start_time)),
    endTime: row.end_time === null ? null : new Date(Number(row.end_time)),
    error: textOrNull(row.error),
    tags: {
      ...startTagsOf(textOrNull(row.tags)),
      ...Object.fromEntries(tags.map(({ key, value }) => [text(key), text(value)])),
    },
    parentId: textOrNull(row.parent_run_id),
    createdBy: textOrNull(row.created_by),
    environment: environmentOf(textOrNull(row.env)),
  };
}

function environmentOf(edn: string | null): Record<string, unknown> | null {
  const value = edn === null ? null : fromEdn(edn);
  if (value instanceof Map) {
    return Object.fromEntries([...value].map(([key, item]) => [`${key}`, item]));
  }
  const isObject = typeof value === "object" && value !== null &&
    [Object.prototype, null].includes(Object.getPrototypeOf(value));
  return isObject ? value as Record<string, unknown> : null;
}

/** Returns the tags of a run's start, which are EDN. */
export function startTagsOf(edn: string | null): Record<string, string> {
  const tags = edn === null ? null : fromEdn(edn);
  if (typeof tags !== "object" || tags === null || tags instanceof EdnValue) return {};
  const entries = tags instanceof Map ? [...tags] : Object.entries(tags);
  return Object.fromEntries(entries.map(([key, value]) => [labelOf(key), labelOf(value)]));
}

/** Returns the name of a keyword, text as is, and anything else as EDN. */
function labelOf(value: unknown): string {
  if (value instanceof EdnValue && value.kind === "keyword") return String(value.value);
  return typeof value === "string" ? value : toEdn(value as ParamValue);
}

/** Removes a tag from the tags of a run's start, as EDN; `undefined` if it is not among them. */
export function withoutStartTag(edn: string | null, key: string): string | null | undefined {
  const started = edn === null ? null : fromEdn(edn);
  if (typeof started !== "object" || started === null || !Object.hasOwn(started, key)) return;
  const { [key]: _, ...others } = started as Record<string, ParamValue>;
  return Object.keys(others).length === 0 ? null : toEdn(others);
}
