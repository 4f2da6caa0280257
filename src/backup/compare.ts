/** Comparison of the records to back up with those of the previous backup. */
import type { IndexEntry } from "../metadata/artifact_index.ts";

/** Entries of two lists for the same run and name. */
export interface Pair {
  /** Record to back up. */
  readonly coming: IndexEntry | undefined;
  /** Record of the previous backup. */
  readonly there: IndexEntry | undefined;
}

/** Pairs the entries of two lists, both sorted by run and name, in constant memory. */
export async function* pairs(
  coming: AsyncIterable<IndexEntry>,
  there: AsyncIterable<IndexEntry>,
): AsyncGenerator<Pair> {
  const ours = coming[Symbol.asyncIterator]();
  const theirs = there[Symbol.asyncIterator]();
  let [one, other] = [await ours.next(), await theirs.next()];
  while (!one.done || !other.done) {
    const order = one.done ? 1 : other.done ? -1 : compare(one.value, other.value);
    yield {
      coming: order <= 0 ? one.value : undefined,
      there: order >= 0 ? other.value : undefined,
    };
    if (order <= 0) one = await ours.next();
    if (order >= 0) other = await theirs.next();
  }
}

/** Whether two records have the same path, hash and size. */
export function isSame({ record }: IndexEntry, other: IndexEntry | undefined): boolean {
  return other !== undefined && !other.problem && other.record.path === record.path &&
    other.record.hash === record.hash && other.record.size === record.size;
}

function compare({ record: a }: IndexEntry, { record: b }: IndexEntry): number {
  return compareText(a.runId, b.runId) || compareText(a.name, b.name);
}

/** Compares by code points, as SQLite compares UTF-8. JavaScript compares UTF-16 units. */
function compareText(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) {
    const [one, other] = [a.charCodeAt(at), b.charCodeAt(at)];
    if (one !== other) {
      return isSurrogate(one) === isSurrogate(other) ? one - other : isSurrogate(one) ? 1 : -1;
    }
  }
  return a.length - b.length;
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff;
}
