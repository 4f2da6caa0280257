/** Checks that artifacts have their bytes, and that these match the records. */
import type { Hasher } from "../bytes/byte_store.ts";
import type { StoreContext } from "../context/compose.ts";
import type { ArtifactRecord, IndexEntry } from "../metadata/artifact_index.ts";
import { type Finding, findingOf } from "./findings.ts";
import { inspectArtifact } from "./inspect_artifact.ts";
import { Positions, type VerifyPosition } from "./verify_position.ts";
import type { VerifyOptions } from "./verify_options.ts";

/** Check of the artifacts of one run, or of all. */
export class ArtifactCheck {
  /** Number of artifacts checked. */
  artifacts = 0;
  /** Total size of the checked artifacts, in bytes. */
  bytes = 0;
  /** Number of artifacts hashed. */
  hashed = 0;
  readonly #context: StoreContext;
  readonly #options: VerifyOptions;
  readonly #positions: Positions;
  /** Stops all reading when the check ends for any reason. */
  readonly #stop = new AbortController();
  readonly #hashing = new Map<number, Promise<{ key: number; finding: Finding | undefined }>>();
  #next = 0;
  #done = 0;
  #total = 0;

  constructor(context: StoreContext, options: VerifyOptions) {
    this.#context = context;
    this.#options = options;
    this.#positions = new Positions(options.after);
  }

  /** Last artifact up to which all are checked. */
  get position(): VerifyPosition | undefined {
    return this.#positions.reached;
  }

  /** Inspects every artifact, and hashes those without a finding on all cores. */
  async *run(): AsyncGenerator<Finding> {
    const { artifacts, runs } = this.#context.metadata;
    const { runId, after, quick = false, signal: asked } = this.#options;
    if (runId !== undefined) await runs.get(runId);
    using _end = { [Symbol.dispose]: () => this.#stop.abort() };
    const signal = AbortSignal.any([this.#stop.signal, ...asked ? [asked] : []]);
    this.#total = (await artifacts.totals(runId, after)).bytes;
    using hasher = this.#context.bytes.hasher(quick ? 0 : this.#total, signal);
    for await (const entry of artifacts.each(runId, after)) {
      signal.throwIfAborted();
      this.artifacts++;
      this.bytes += entry.record.size || 0;
      const position = this.#positions.begin(entry.record);
      const finding = await inspectArtifact(entry, this.#context);
      if (finding || !this.#isHashed()) {
        this.#advance(entry.record.size || 0);
        if (finding) yield finding;
        position.end();
        continue;
      }
      if (this.#hashing.size >= hasher.width) yield* this.#finishOne();
      const key = this.#next++;
      this.hashed++;
      const hashing = this.#hash(entry, hasher, signal).then((finding) => {
        position.end();
        return { key, finding };
      });
      hashing.catch(() => {}); // `Promise.race` reports it; otherwise the check was stopped.
      this.#hashing.set(key, hashing);
    }
    while (this.#hashing.size > 0) {
      signal.throwIfAborted();
      yield* this.#finishOne();
    }
    signal.throwIfAborted();
  }

  #isHashed(): boolean {
    const { quick = false, sample = 1 } = this.#options;
    return !quick && (sample === 1 || Math.random() < sample);
  }

  async *#finishOne(): AsyncGenerator<Finding> {
    const { key, finding } = await Promise.race(this.#hashing.values());
    this.#hashing.delete(key);
    if (finding) yield finding;
  }

  #advance(count: number): void {
    try {
      this.#options.onProgress?.({ bytes: this.#done += count, total: this.#total });
    } catch (error) {
      this.#stop.abort(error); // An error of the callback is not an error of the file.
    }
  }

  async #hash(
    entry: IndexEntry,
    hasher: Hasher,
    signal: AbortSignal,
  ): Promise<Finding | undefined> {
    const { record } = entry;
    let finding: Finding;
    try {
      const found = await hasher.hash(record.path, (count) => this.#advance(count), signal);
      if (found === record.hash) return undefined;
      finding = wrongHash(record, found);
    } catch (error) {
      signal.throwIfAborted();
      const message = `The file of ${JSON.stringify(record.name)} cannot be read: ` +
        (error as Error).message;
      finding = findingOf("unreadable", record, message);
    }
    signal.throwIfAborted();
    return await inspectArtifact(entry, this.#context, finding);
  }
}

function wrongHash(record: ArtifactRecord, found: string): Finding {
  const message = `The file of ${JSON.stringify(record.name)} has other content than was stored`;
  return findingOf("wrong-hash", record, message, record.hash, found);
}
