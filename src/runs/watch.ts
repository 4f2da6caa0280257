/** Watching a store for changes: all watchers share one poll of the database. */
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

/** Interval between polls, in milliseconds. */
const LOOK_AGAIN = 300;

/** A change of a store. */
export type StoreEvent =
  & {
    /** Position among all events. Pass it as `after` to continue after this event. */
    readonly id: string;
  }
  & (
    | {
      /** A run was started, ended or changed, or got params, tags or datasets. */
      readonly kind: "run";
      /** Current state of the run. */
      readonly run: Run;
    }
    | {
      /** Points were logged. */
      readonly kind: "metrics";
      /** The run. */
      readonly run: Run;
      /** Metrics with new points; empty if they are unknown. */
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
      /** Id of the run. */
      readonly runId: string;
    }
    | {
      /** A model or one of its versions was added, changed or removed. */
      readonly kind: "model";
      /** Name of the model. */
      readonly model: string;
    }
  );

/** An event without id. */
type Unnumbered = StoreEvent extends infer E ? E extends StoreEvent ? Omit<E, "id"> : never : never;

/** Options for watching. */
export interface WatchOptions {
  /** Id of the event to continue after; `"0"` starts with the first change of the store. */
  readonly after?: string;
  /** Id of a run; only its events are yielded. */
  readonly runId?: string;
  /** Ends the iteration. */
  readonly signal?: AbortSignal;
}

/** Polls a store while there are watchers. */
export class Watcher {
  readonly #access: Access<StoreContext>;
  readonly #listeners = new Set<Listener>();
  #log: Promise<ChangeLog> | undefined;
  /** Position of the last poll; `undefined` without watchers. */
  #place: Promise<ChangePosition> | undefined;

  #pause: AbortController | undefined;

  /** Creates a watcher of a store. */
  constructor(access: Access<StoreContext>) {
    this.#access = access;
  }

  /** Yields events until the signal aborts. See {@linkcode Store.watch}. */
  async *watch({ after, runId, signal }: WatchOptions): AsyncGenerator<StoreEvent> {
    let place = after === undefined ? undefined : parsePosition(after);
    while (!signal?.aborted) {
      const listener = new Listener();
      this.#listeners.add(listener);
      try {
        // Later changes are received as they come; earlier ones are read.
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

  /** Starts polling if necessary. Resolves to its position. */
  #begin(): Promise<ChangePosition> {
    if (!this.#place) {
      this.#place = this.#read((log) => log.position());
      void this.#poll(this.#place);
    }
    return this.#place;
  }

  /** Polls while there are listeners. */
  async #poll(begin: Promise<ChangePosition>): Promise<void> {
    try {
      let place = await begin;
      while (this.#listeners.size > 0) {
        this.#pause = new AbortController();
        // Aborted without listeners: the timer would keep the process alive.
        await wait(LOOK_AGAIN, this.#pause.signal).catch(() => {});
        const now = await this.#read((log) => log.position());
        for (let more = !isSame(place, now); more;) {
          const found = await this.#read((log) => log.since(place));
          more = found.more;
          place = found.position;
          this.#place = Promise.resolve(place);
          if (found.changes.length === 0) continue;
          for (const listener of this.#listeners) listener.push(found);
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
   * Yields the events of some changes. Only the last one has the position after all of them:
   * continuing after an earlier one repeats events, but misses none.
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
    const run = await runIfThere(this.#access, runId);
    // If it was removed since, another event reports it.
    if (!run) return undefined;
    return kind === "metrics" ? { kind, run, values: change.values } : { kind, run };
  }
}

/** Returns a run; `undefined` if it has been removed. */
export async function runIfThere(
  access: Access<StoreContext>,
  id: string,
): Promise<Run | undefined> {
  try {
    return await access.use(({ metadata }) => metadata.runs.get(id));
  } catch (error) {
    if (error instanceof RunNotFoundError) return undefined;
    throw error;
  }
}

function isSame(place: ChangePosition, other: ChangePosition): boolean {
  return place.length === other.length && place.every((number, at) => number === other[at]);
}
