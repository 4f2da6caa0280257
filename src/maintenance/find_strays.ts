/** Finds what lies beside the artifacts: orphans, abandoned bytes, and what is foreign. */
import { wait } from "../base/async.ts";
import type { ByteEntry } from "../bytes/byte_store.ts";
import type { StoreContext } from "../context/compose.ts";
import { type Finding, strayFinding } from "./findings.ts";
import { judgeEntries, topOf } from "./judge_entries.ts";

/** Milliseconds within which bytes that have been published surely have their record. */
const PUBLISHING = 5000;

/** Milliseconds within which a staged file that has been created surely is locked. */
const LOCKING = 100;

/** Foreign names that are listed. */
const LISTED = 3;

/** Finds what no record names. Nothing is kept of what is in order, however much it is. */
export async function* findStrays(
  context: StoreContext,
  signal: AbortSignal | undefined,
): AsyncGenerator<Finding> {
  const { bytes } = context;
  const unreadable: Finding[] = [];
  const foreign = new Set<string>();
  /** What was put there just now: its record, or its lock, may be about to come. */
  const fresh: ByteEntry[] = [];
  const onFailure = (path: string, { message }: Error) => {
    unreadable.push(strayFinding("unreadable", path, message));
  };
  for await (const batch of judgeEntries(context, onFailure, signal)) {
    for (const { entry, verdict } of batch) {
      if (verdict === "foreign") foreign.add(topOf(entry.key));
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

/** Those that still belong to nobody once their writers have had the time to say that they do. */
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
  // Bytes whose record is about to be committed are told from an orphan by the lock that a put holds,
  // which a read-only store must not take.
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

/** One finding for all: a directory of another store has thousands. */
function foreignFinding(names: readonly string[]): Finding {
  const listed = names.slice(0, LISTED).map((name) => JSON.stringify(name)).join(", ");
  const more = names.length > LISTED ? ` and ${names.length - LISTED} more` : "";
  const [are, they] = names.length === 1 ? ["is", "it stays"] : ["are", "they stay"];
  const message = `${listed}${more} ${are} not of this store; ${they}`;
  return strayFinding("foreign", names[0]!, message);
}
