import type { MetadataStore } from "../metadata/metadata_store.ts";
import { BEAT } from "../processes/dead_runs.ts";

/** The runs that live in this process: their heartbeat, for as long as they have not ended. */
export class AttachedRuns {
  readonly #metadata: MetadataStore;
  readonly #ids = new Set<string>();
  /** Runs that were ended since a signal came; their own program may still know better. */
  readonly #interrupted = new Set<string>();
  readonly #endings = new Map<string, AbortController>();
  #timer: ReturnType<typeof setInterval> | undefined;

  /** Sends heartbeats to `metadata`. */
  constructor(metadata: MetadataStore) {
    this.#metadata = metadata;
  }

  /** Their ids. */
  get ids(): string[] {
    return [...this.#ids];
  }

  /** A signal that is aborted when a run ends, or the store is closed. */
  untilEnd(id: string): AbortSignal {
    let ending = this.#endings.get(id);
    if (!ending) this.#endings.set(id, ending = new AbortController());
    return ending.signal;
  }

  /** Takes a run in that was started, or resumed. */
  add(id: string): void {
    this.#ids.add(id);
    if (this.#timer !== undefined) return;
    this.#timer = setInterval(() => void this.#beat(), BEAT);
    // A heartbeat is no reason for a process to live on.
    Deno.unrefTimer(this.#timer);
  }

  /** Lets go of a run that has ended, or been removed. */
  delete(id: string): void {
    this.#ids.delete(id);
    this.#interrupted.delete(id);
    this.#endings.get(id)?.abort();
    this.#endings.delete(id);
    if (this.#ids.size === 0) this.stop();
  }

  /** Lets go of a run that a signal has ended. */
  interrupt(id: string): void {
    this.delete(id);
    this.#interrupted.add(id);
  }

  /** Whether a signal has ended the run, and nobody since. */
  isInterrupted(id: string): boolean {
    return this.#interrupted.has(id);
  }

  /** Sends no more heartbeats. */
  stop(): void {
    for (const ending of this.#endings.values()) ending.abort();
    this.#endings.clear();
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  async #beat(): Promise<void> {
    // One that is missed matters little; others follow.
    await this.#metadata.processes.beat(this.ids).catch(() => {});
  }
}
