/** What a backup has to do: its records to come, compared with those of the backup in place. */
import type { IndexEntry } from "../metadata/artifact_index.ts";

/** What two lists have of one run and name. */
export interface Pair {
  /** The record that the backup is to have. */
  readonly coming: IndexEntry | undefined;
  /** The record that the previous backup has. */
  readonly there: IndexEntry | undefined;
}

/** Pairs the entries of two lists, both by run and name. Memory stays flat. */
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

/** Whether the bytes of two records have one place and one hash. */
export function isSame({ record }: IndexEntry, other: IndexEntry | undefined): boolean {
  return other !== undefined && !other.problem && other.record.path === record.path &&
    other.record.hash === record.hash && other.record.size === record.size;
}

function compare({ record: a }: IndexEntry, { record: b }: IndexEntry): number {
  return compareText(a.runId, b.runId) || compareText(a.name, b.name);
}

/** Compares as SQLite does, by UTF-8: that is by code points, where JavaScript goes by UTF-16. */
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
