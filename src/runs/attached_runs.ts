import type { MetadataStore } from "../metadata/metadata_store.ts";
import { BEAT } from "../processes/dead_runs.ts";

/** Runs started or resumed by this process. Sends their heartbeats until they end. */
export class AttachedRuns {
  readonly #metadata: MetadataStore;
  readonly #ids = new Set<string>();
  /** Runs that a signal has ended; their own program may still set another status. */
  readonly #interrupted = new Set<string>();
  readonly #endings = new Map<string, AbortController>();
  #timer: ReturnType<typeof setInterval> | undefined;

  /** Creates an empty set; heartbeats go to `metadata`. */
  constructor(metadata: MetadataStore) {
    this.#metadata = metadata;
  }

  /** Ids of the runs. */
  get ids(): string[] {
    return [...this.#ids];
  }

  /** Returns a signal that aborts when the run ends or the store is closed. */
  untilEnd(id: string): AbortSignal {
    let ending = this.#endings.get(id);
    if (!ending) this.#endings.set(id, ending = new AbortController());
    return ending.signal;
  }

  /** Adds a run that was started or resumed. */
  add(id: string): void {
    this.#ids.add(id);
    if (this.#timer !== undefined) return;
    this.#timer = setInterval(() => void this.#beat(), BEAT);
    // A heartbeat must not keep the process alive.
    Deno.unrefTimer(this.#timer);
  }

  /** Removes a run that has ended or been removed. */
  delete(id: string): void {
    this.#ids.delete(id);
    this.#interrupted.delete(id);
    this.#endings.get(id)?.abort();
    this.#endings.delete(id);
    if (this.#ids.size === 0) this.stop();
  }

  /** Removes a run that a signal has ended. */
  interrupt(id: string): void {
    this.delete(id);
    this.#interrupted.add(id);
  }

  /** Whether a signal has ended the run, and nothing has ended it since. */
  isInterrupted(id: string): boolean {
    return this.#interrupted.has(id);
  }

  /** Stops the heartbeats. */
  stop(): void {
    for (const ending of this.#endings.values()) ending.abort();
    this.#endings.clear();
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  async #beat(): Promise<void> {
    // A missed heartbeat matters little; others follow.
    await this.#metadata.processes.heartbeat(this.ids).catch(() => {});
  }
}
