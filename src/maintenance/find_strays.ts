/** Search for entries without an artifact: orphans, abandoned and foreign ones. */
import { wait } from "../base/async.ts";
import type { ByteEntry } from "../bytes/byte_store.ts";
import type { StoreContext } from "../context/compose.ts";
import { type Finding, strayFinding } from "./findings.ts";
import { classifyEntries, firstSegment } from "./classify_entries.ts";

/** Time after which published bytes certainly have their record, in milliseconds. */
const PUBLISHING = 5000;

/** Time after which a new staged file is certainly locked, in milliseconds. */
const LOCKING = 100;

/** Maximum number of foreign names listed. */
const LISTED = 3;

/** Yields a finding for each entry without a record. Memory stays constant for entries in order. */
export async function* findStrays(
  context: StoreContext,
  signal: AbortSignal | undefined,
): AsyncGenerator<Finding> {
  const { bytes } = context;
  const unreadable: Finding[] = [];
  const foreign = new Set<string>();
  /** Recent entries: their record or lock may be about to appear. */
  const fresh: ByteEntry[] = [];
  const onFailure = (path: string, { message }: Error) => {
    unreadable.push(strayFinding("unreadable", path, message));
  };
  for await (const batch of classifyEntries(context, onFailure, signal)) {
    for (const { entry, verdict } of batch) {
      if (verdict === "foreign") foreign.add(firstSegment(entry.key));
      if (verdict !== "orphan" && verdict !== "abandoned") continue;
      if (verdict === "orphan" && entry.kind === "directory") continue;
      if (isFresh(entry, context)) fresh.push(entry);
      else if (await bytes.refresh(entry)) yield leftover(entry);
    }
    yield* unreadable.splice(0);
  }
  for (const entry of await settled(fresh, context, signal)) yield leftover(entry);
  yield* unreadable.splice(0);
  if (foreign.size > 0) yield foreignFinding([...foreign].sort());
}

/** Returns the entries that still have no record or lock after waiting for their writers. */
async function settled(
  fresh: readonly ByteEntry[],
  context: StoreContext,
  signal: AbortSignal | undefined,
): Promise<ByteEntry[]> {
  if (fresh.length === 0) return [];
  const { metadata: { artifacts }, bytes, readOnly } = context;
  const isOrphan = ({ state }: ByteEntry) => state === "published";
  await wait(readOnly && fresh.some(isOrphan) ? PUBLISHING / 10 : LOCKING, signal);
  const keys = fresh.filter(isOrphan).map(({ key }) => key);
  // A record about to be committed is detected by taking the lock that a put holds. A read-only
  // store must not take it and only waits.
  let unnamed: ReadonlySet<string> = new Set();
  if (readOnly) unnamed = await artifacts.unnamed(keys);
  else if (keys.length > 0) {
    await artifacts.removeIfUnnamed(keys, (found) => {
      unnamed = found;
      return Promise.resolve();
    });
  }
  const left: ByteEntry[] = [];
  for (const entry of fresh) {
    if (isOrphan(entry) && !unnamed.has(entry.key)) continue;
    const now = await bytes.refresh(entry);
    if (now && now.state !== "staged") left.push(entry);
  }
  return left;
}

function isFresh({ modifiedAt }: ByteEntry, { now }: StoreContext): boolean {
  return Math.abs(now() - modifiedAt.getTime()) < PUBLISHING;
}

function leftover({ key, state }: ByteEntry): Finding {
  const [kind, reason] = state === "abandoned"
    ? ["abandoned", "was left by a put that did not end"] as const
    : ["orphan", "belongs to no artifact"] as const;
  return strayFinding(kind, key, `${JSON.stringify(key)} ${reason}; gc collects it`);
}

/** One finding for all foreign entries: the directory of another store has thousands. */
function foreignFinding(names: readonly string[]): Finding {
  const listed = names.slice(0, LISTED).map((name) => JSON.stringify(name)).join(", ");
  const more = names.length > LISTED ? ` and ${names.length - LISTED} more` : "";
  const [are, they] = names.length === 1 ? ["is", "it stays"] : ["are", "they stay"];
  const message = `${listed}${more} ${are} not of this store; ${they}`;
  return strayFinding("foreign", names[0]!, message);
}
