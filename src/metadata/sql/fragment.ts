/** Parts of statements with the values of their placeholders. */
import type { SqlInput } from "./script.ts";

/** A part of a statement, with the values of its placeholders in order. */
export interface Fragment {
  /** SQL text. */
  readonly text: string;
  /** Values of the placeholders. */
  readonly values: readonly SqlInput[];
}

/** Creates a fragment. */
export function fragment(text: string, ...values: readonly SqlInput[]): Fragment {
  return { text, values };
}

/** Joins fragments. */
export function joined(fragments: readonly Fragment[], separator: string): Fragment {
  return {
    text: fragments.map(({ text }) => text).join(separator),
    values: fragments.flatMap(({ values }) => values),
  };
}

/** Returns a `WHERE` clause for all conditions; empty without conditions. */
export function where(conditions: readonly Fragment[]): Fragment {
  if (conditions.length === 0) return fragment("");
  const all = joined(
    conditions.map(({ text, values }) => ({ text: `(${text})`, values })),
    " AND ",
  );
  return { ...all, text: `WHERE ${all.text}` };
}

/** Returns an `ORDER BY` clause. */
export function orderBy(keys: readonly Fragment[]): Fragment {
  const all = joined(keys, ", ");
  return { ...all, text: `ORDER BY ${all.text}` };
}

/** Returns the key of an order: an expression and its direction. */
export function sortKey({ text, values }: Fragment, descending: boolean): Fragment {
  return { text: `${text} ${descending ? "DESC" : "ASC"}`, values };
}
