import type { ArtifactIndex, ArtifactRecord, IndexEntry } from "../metadata/artifact_index.ts";
import type { ByteStore, OnFailure, Progress, StoredEntry } from "../bytes/byte_store.ts";
import { fsError } from "../base/fs_error.ts";
import { STAGING } from "../names/names.ts";
import { DISPLAY, displayable, type MediaBundle, renderer } from "../display/displayable.ts";
import { assertText } from "../base/assert.ts";
import { wait } from "../base/async.ts";
import { HashPool } from "../bytes/files/hash_pool.ts";

/** Milliseconds within which a file that has been published surely has its row. */
const PUBLISHING = 5000;

/** Milliseconds within which a staged file that has been created surely is locked. */
const LOCKING = 100;

/** How to verify a store. */
export interface VerifyOptions {
  /** Only the artifacts of this run; what has no row is then not looked for. */
  readonly runId?: string;
  /**
   * Whether to leave out hashing, and only look at what is there and how large it is.
   *
   * @default {false}
   */
  readonly quick?: boolean;
  /** Stops the work. */
  readonly signal?: AbortSignal;
  /** Told of the bytes checked so far. */
  readonly onProgress?: (progress: Progress) => void;
}

/** What can be wrong with an artifact, or left behind beside them. */
export type FindingKind =
  | "missing"
  | "wrong-size"
  | "wrong-hash"
  | "not-a-file"
  | "unsafe-path"
  | "damaged-row"
  | "unreadable"
  | "orphan"
  | "abandoned";

/** One thing that a verification has found. */
export interface Finding {
  /**
   * `"orphan"` is a file that no row names, `"abandoned"` what a crash left staged: both are
   * harmless, and collected by `gc`. All others concern an artifact, but for an `"unreadable"` one
   * without: a folder, say, of which no one can tell whether anything is left behind in it.
   */
  readonly kind: FindingKind;
  /** Path below the artifact directory. */
  readonly path: string;
  /** The artifact, unless there is none. */
  readonly artifact: ArtifactRecord | undefined;
  /** What the row says, where it is not true: a size in bytes or a SHA-256. */
  readonly expected: string | number | undefined;
  /** What is there instead. */
  readonly found: string | number | undefined;
  /** One sentence for people. */
  readonly message: string;
}

/** What a verification has come to. */
export interface VerifySummary {
  /** Artifacts checked. */
  readonly artifacts: number;
  /** Their bytes. */
  readonly bytes: number;
  /** Findings that concern an artifact. */
  readonly damaged: number;
  /** Files without a row, staged bytes without a writer, and what cannot be told from these. */
  readonly leftovers: number;
}

/**
 * A verification under way: findings come as they are made. Iterate over it, ask for its summary, or
 * both; it is done once.
 */
export class Verification implements AsyncIterable<Finding> {
  readonly #findings: AsyncGenerator<Finding>;
  readonly #summary = { artifacts: 0, bytes: 0, damaged: 0, leftovers: 0 };
  /** The findings that have been made, for {@linkcode DISPLAY}. */
  readonly #made: Finding[] = [];

  /** @ignore Made by {@linkcode Store.verify}. */
  constructor(
    index: ArtifactIndex,
    bytes: ByteStore,
    options: VerifyOptions,
    readOnly: boolean,
  ) {
    this.#findings = this.#run(index, bytes, options, readOnly);
  }

  /** Gives the findings, each as soon as it is made. */
  [Symbol.asyncIterator](): AsyncIterator<Finding> {
    return this.#findings;
  }

  /** Goes on to the end, and tells what it has come to. */
  async summary(): Promise<VerifySummary> {
    for await (const _ of this.#findings) { /* counted on the way */ }
    return displayable({ ...this.#summary }, "verified");
  }

  /** What it has come to so far, for a console. */
  [Symbol.for("Deno.customInspect")](
    inspect: typeof Deno.inspect,
    options: Deno.InspectOptions,
  ): string {
    return `Verification ${inspect({ ...this.#summary, findings: this.#made }, options)}`;
  }

  /** Goes on to the end, and shows what it has come to, for a notebook. */
  async [DISPLAY](): Promise<MediaBundle> {
    const [summary, { show }] = [await this.summary(), await renderer()];
    return await show("verification", { summary, findings: this.#made });
  }

  async *#run(
    index: ArtifactIndex,
    bytes: ByteStore,
    options: VerifyOptions,
    readOnly: boolean,
  ): AsyncGenerator<Finding> {
    const { runId, signal } = options;
    signal?.throwIfAborted();
    assertText("verify", "runId", runId);
    const entries = await index.list(runId === undefined ? {} : { runId });
    if (runId !== undefined && entries.length === 0) await index.requireRun(runId);
    for await (const finding of checkArtifacts(entries, index, bytes, options)) {
      this.#summary.damaged++;
      this.#made.push(finding);
      yield finding;
    }
    this.#summary.artifacts = entries.length;
    this.#summary.bytes = totalBytes(entries);
    if (runId !== undefined) return;
    signal?.throwIfAborted();
    for (const finding of await findLeftovers(index, bytes, readOnly, signal)) {
      this.#summary.leftovers++;
      this.#made.push(finding);
      yield finding;
    }
  }
}

function totalBytes(entries: readonly IndexEntry[]): number {
  return entries.reduce((sum, { record }) => sum + (record.size || 0), 0);
}

/** Looks at each artifact, then hashes those that look right, on all cores. */
async function* checkArtifacts(
  entries: readonly IndexEntry[],
  index: ArtifactIndex,
  bytes: ByteStore,
  { quick = false, signal: asked, onProgress }: VerifyOptions,
): AsyncGenerator<Finding> {
  const total = totalBytes(entries);
  let done = 0;
  // However it ends, nothing is read any more then.
  const stop = new AbortController();
  using _end = { [Symbol.dispose]: () => stop.abort() };
  const signal = AbortSignal.any([stop.signal, ...asked ? [asked] : []]);
  const advance = (count: number) => {
    try {
      onProgress?.({ bytes: done += count, total });
    } catch (error) {
      stop.abort(error); // It is no failure of the file that is being read.
    }
  };
  using pool = new HashPool(quick ? 0 : total, signal);
  const waiting = new Map<number, Promise<{ key: number; finding: Finding | undefined }>>();
  let key = 0;
  const next = async (): Promise<Finding | undefined> => {
    const settled = await Promise.race(waiting.values());
    waiting.delete(settled.key);
    return settled.finding;
  };
  for (const entry of entries) {
    signal.throwIfAborted();
    const finding = look(entry, bytes);
    if (finding || quick) {
      advance(entry.record.size || 0);
      // A row that changed since it was read is no damage: it is looked at anew.
      if (finding && await isTrue(finding, entry, index, bytes)) yield finding;
      continue;
    }
    if (waiting.size >= pool.width) {
      const found = await next();
      if (found) yield found;
    }
    const own = key++;
    const hashing = hash(entry, index, bytes, pool, advance, signal)
      .then((finding) => ({ key: own, finding }));
    hashing.catch(() => {}); // Told to who waits for it; if no one does, it was stopped.
    waiting.set(own, hashing);
  }
  while (waiting.size > 0) {
    signal.throwIfAborted();
    const found = await next();
    if (found) yield found;
  }
  signal.throwIfAborted();
}

/** What a look at the row and the file, without reading it, finds. */
function look({ record, problem, replacement }: IndexEntry, bytes: ByteStore): Finding | undefined {
  if (problem) {
    const kind = (problem as { code?: string }).code === "unsafe-path"
      ? "unsafe-path"
      : "damaged-row";
    return findingOf(kind, record, problem.message);
  }
  const name = JSON.stringify(record.name);
  let entry: StoredEntry | undefined;
  try {
    entry = bytes.look(record.path);
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    return findingOf(code === "unsafe-path" ? "unsafe-path" : "unreadable", record, message);
  }
  if (!entry) return findingOf("missing", record, `The file of ${name} is missing`, record.size);
  if (entry.kind !== "file") {
    return findingOf("not-a-file", record, `In place of the file of ${name} is a ${entry.kind}`);
  }
  const sizes = [record.size, ...replacement ? [replacement.size] : []];
  if (!sizes.includes(entry.size)) {
    return findingOf(
      "wrong-size",
      record,
      `The file of ${name} has ${entry.size} bytes where ${record.size} were stored`,
      record.size,
      entry.size,
    );
  }
}

async function hash(
  entry: IndexEntry,
  index: ArtifactIndex,
  bytes: ByteStore,
  pool: HashPool,
  advance: (bytes: number) => void,
  signal: AbortSignal,
): Promise<Finding | undefined> {
  const { record, replacement } = entry;
  const name = JSON.stringify(record.name);
  let finding: Finding;
  try {
    const found = await pool.hash(bytes.locate(record.path), advance, signal);
    if (found === record.hash || found === replacement?.hash) return undefined;
    finding = findingOf(
      "wrong-hash",
      record,
      `The file of ${name} has other content than was stored`,
      record.hash,
      found,
    );
  } catch (error) {
    signal.throwIfAborted();
    const { message } = error as Error;
    finding = findingOf("unreadable", record, `The file of ${name} cannot be read: ${message}`);
  }
  signal.throwIfAborted();
  return await isTrue(finding, entry, index, bytes) ? finding : undefined;
}

/** Whether the row is still the one that was looked at, and so the finding true. */
async function isTrue(
  finding: Finding,
  { record }: IndexEntry,
  index: ArtifactIndex,
  bytes: ByteStore,
): Promise<boolean> {
  const again = await index.byId(record.id);
  if (!again) return false;
  const same = again.record.hash === record.hash && !again.replacement &&
    again.record.createdAt.getTime() === record.createdAt.getTime();
  return same || finding.kind === "damaged-row" || look(again, bytes) !== undefined;
}

/** Files that no row names, and staged bytes that no one is at work on. */
async function findLeftovers(
  index: ArtifactIndex,
  bytes: ByteStore,
  readOnly: boolean,
  signal: AbortSignal | undefined,
): Promise<Finding[]> {
  const candidates: StoredEntry[] = [];
  const leftovers: Finding[] = [];
  const staged: StoredEntry[] = [];
  const fail: OnFailure = (path, error) => leftovers.push(unreadable(path, error));
  for (const entry of bytes.entries("", fail)) {
    if (entry.path.startsWith(`${STAGING}/`)) {
      if (stateOf(entry, bytes, fail) !== "in use") staged.push(entry);
    } else if (entry.kind !== "folder") candidates.push(entry);
  }
  // What was made just then is locked by now, and what was let go of is gone.
  if (staged.some((entry) => isFresh(entry) && stateOf(entry, bytes, fail) === "abandoned")) {
    await wait(LOCKING, signal);
  }
  for (const entry of staged) {
    if (stateOf(entry, bytes, fail) === "in use" || !bytes.isThere(entry)) continue;
    leftovers.push(leftover("abandoned", entry, "was left by a put that did not end"));
  }
  const keep = (isNamed: (path: string) => boolean) =>
    candidates.filter(({ path }) => !isNamed(path));
  // A file whose row is about to be committed is told from an orphan by the write lock, which a
  // read-only store must not take: there its rows are read after the files.
  let orphans = readOnly ? keep(await index.named()) : await index.underLock(keep);
  if (readOnly && orphans.some(isFresh)) {
    await wait(PUBLISHING / 10, signal);
    orphans = keep(await index.named());
  }
  for (const entry of orphans) {
    if (bytes.isThere(entry)) leftovers.push(leftover("orphan", entry, "belongs to no artifact"));
  }
  return leftovers;
}

/**
 * What has no lock is staged, or lies there, by nobody who is at work. What cannot be read may be
 * anyone's.
 */
function stateOf({ path, kind }: StoredEntry, bytes: ByteStore, onFailure: OnFailure): string {
  try {
    return kind === "file" ? bytes.stagedState(path.slice(STAGING.length + 1)) : "absent";
  } catch (error) {
    onFailure(path, fsError(error, `look at ${JSON.stringify(path)}`) as Error);
    return "in use";
  }
}

function isFresh({ since }: StoredEntry): boolean {
  return Date.now() - since.getTime() < PUBLISHING;
}

function findingOf(
  kind: FindingKind,
  artifact: ArtifactRecord,
  message: string,
  expected?: string | number,
  found?: string | number,
): Finding {
  return { kind, path: artifact.path, artifact, expected, found, message };
}

function unreadable(path: string, { message }: Error): Finding {
  const nothing = { artifact: undefined, expected: undefined, found: undefined };
  return { kind: "unreadable", path, ...nothing, message };
}

function leftover(kind: FindingKind, { path }: StoredEntry, state: string): Finding {
  const message = `${JSON.stringify(path)} ${state}; gc collects it`;
  return { kind, path, artifact: undefined, expected: undefined, found: undefined, message };
}
