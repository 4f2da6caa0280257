/** Watches a store for changes: one look at the database serves all who watch. */
import { wait } from "../base/async.ts";
import { RunNotFoundError } from "../base/errors.ts";
import type { Access } from "../base/access.ts";
import type { StoreContext } from "../context/compose.ts";
import {
  type Change,
  type ChangeLog,
  type ChangePosition,
  type NewValue,
  parsePosition,
} from "../metadata/change_log.ts";
import type { Run } from "../metadata/run.ts";
import { type Batch, Listener } from "./listener.ts";

/** Milliseconds between two looks. */
const LOOK_AGAIN = 300;

/** A change of a store. */
export type StoreEvent =
  & {
    /** Its place among all events: pass it as `after` to go on behind it. */
    readonly id: string;
  }
  & (
    | {
      /** A run was started, ended, changed, or got params, tags or datasets. */
      readonly kind: "run";
      /** The run as it is now. */
      readonly run: Run;
    }
    | {
      /** Points were logged. */
      readonly kind: "metrics";
      /** The run. */
      readonly run: Run;
      /** The metrics that have new points; empty if it is not known which. */
      readonly values: readonly NewValue[];
    }
    | {
      /** Artifacts were stored, replaced or removed. */
      readonly kind: "artifact";
      /** The run. */
      readonly run: Run;
    }
    | {
      /** A run was removed. */
      readonly kind: "removed";
      /** Its id. */
      readonly runId: string;
    }
    | {
      /** A model or one of its versions was added, changed or removed. */
      readonly kind: "model";
      /** Its name. */
      readonly model: string;
    }
  );

/** An event that has no id yet. */
type Unnumbered = StoreEvent extends infer E ? E extends StoreEvent ? Omit<E, "id"> : never : never;

/** How to watch. */
export interface WatchOptions {
  /** Id of the event to continue after; `"0"` begins with the first change of the store. */
  readonly after?: string;
  /** Only events of this run. */
  readonly runId?: string;
  /** Ends the watching. */
  readonly signal?: AbortSignal;
}

/** Watches a store for as long as somebody wants to know. */
export class Watcher {
  readonly #access: Access<StoreContext>;
  readonly #listeners = new Set<Listener>();
  #log: Promise<ChangeLog> | undefined;
  /** The place where the looking is, once it has begun; `undefined` while nobody looks. */
  #place: Promise<ChangePosition> | undefined;

  #pause: AbortController | undefined;

  /** Watches a store. */
  constructor(access: Access<StoreContext>) {
    this.#access = access;
  }

  /** Gives events until the signal ends it. See {@linkcode Store.watch}. */
  async *watch({ after, runId, signal }: WatchOptions): AsyncGenerator<StoreEvent> {
    let place = after === undefined ? undefined : parsePosition(after);
    while (!signal?.aborted) {
      const listener = new Listener();
      this.#listeners.add(listener);
      try {
        // What comes from here on is heard; what came before is read.
        const heard = await this.#begin();
        place ??= heard;
        for (let more = !isSame(place, heard); more;) {
          const found = await this.#read((log) => log.since(place!));
          yield* this.#eventsOf(found, place, runId);
          ({ position: place, more } = found);
        }
        for await (const batch of listener.batches(signal)) {
          yield* this.#eventsOf(batch, place, runId);
          place = batch.position;
        }
      } finally {
        this.#listeners.delete(listener);
        if (this.#listeners.size === 0) this.#pause?.abort();
      }
    }
  }

  /** Starts looking, if nobody does; resolves to the place where the looking is. */
  #begin(): Promise<ChangePosition> {
    if (!this.#place) {
      this.#place = this.#read((log) => log.position());
      void this.#look(this.#place);
    }
    return this.#place;
  }

  /** Looks again and again while somebody listens. */
  async #look(begin: Promise<ChangePosition>): Promise<void> {
    try {
      let place = await begin;
      while (this.#listeners.size > 0) {
        this.#pause = new AbortController();
        // Cut short when nobody listens any more: the timer would keep the process.
        await wait(LOOK_AGAIN, this.#pause.signal).catch(() => {});
        const now = await this.#read((log) => log.position());
        for (let more = !isSame(place, now); more;) {
          const found = await this.#read((log) => log.since(place));
          more = found.more;
          place = found.position;
          this.#place = Promise.resolve(place);
          if (found.changes.length === 0) continue;
          for (const listener of this.#listeners) listener.take(found);
        }
      }
    } catch (error) {
      for (const listener of this.#listeners) listener.fail(error);
    } finally {
      this.#place = undefined;
    }
  }

  #read<T>(work: (log: ChangeLog) => Promise<T>): Promise<T> {
    return this.#access.use(async ({ metadata }) => {
      this.#log ??= metadata.changes();
      return await work(await this.#log);
    });
  }

  /**
   * The events of some changes. Only the last of them has the place behind them all: who goes on behind
   * an earlier one sees the others again, and misses none.
   */
  async *#eventsOf(
    { changes, position }: Batch,
    before: ChangePosition,
    only: string | undefined,
  ): AsyncGenerator<StoreEvent> {
    let held: Unnumbered | undefined;
    for (const change of changes) {
      const event = await this.#eventOf(change, only);
      if (!event) continue;
      if (held) yield { id: before.join("-"), ...held };
      held = event;
    }
    if (held) yield { id: position.join("-"), ...held };
  }

  async #eventOf(change: Change, only: string | undefined): Promise<Unnumbered | undefined> {
    if (change.kind === "model") return only === undefined ? change : undefined;
    const { kind, runId } = change;
    if (only !== undefined && runId !== only) return undefined;
    if (kind === "removed") return { kind, runId };
    const run = await this.#runOf(runId);
    // If it has been removed since, another event says so.
    if (!run) return undefined;
    return kind === "metrics" ? { kind, run, values: change.values } : { kind, run };
  }

  async #runOf(id: string): Promise<Run | undefined> {
    try {
      return await this.#access.use(({ metadata }) => metadata.runs.get(id));
    } catch (error) {
      if (error instanceof RunNotFoundError) return undefined;
      throw error;
    }
  }
}

function isSame(place: ChangePosition, other: ChangePosition): boolean {
  return place.length === other.length && place.every((number, at) => number === other[at]);
}
