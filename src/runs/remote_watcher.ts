/** Watching a store on a server, by the events that it sends. */
import type { Access } from "../base/access.ts";
import type { StoreContext } from "../context/store_context.ts";
import type { NewValue } from "../metadata/change_log.ts";
import type { RemoteCare } from "../remote/remote_care.ts";
import { runIfThere, type StoreEvent, type WatchOptions } from "./watch.ts";

/** A change as sent by a server, as JSON. */
interface EventData {
  readonly "run-id"?: string;
  readonly name?: string;
  readonly metrics?: Readonly<Record<string, { value: number | string; step: number }>>;
}

/** Receives the events of a server. */
export class RemoteWatcher {
  readonly #access: Access<StoreContext>;
  readonly #care: RemoteCare;

  /** Creates a watcher of a store. */
  constructor(access: Access<StoreContext>, care: RemoteCare) {
    this.#access = access;
    this.#care = care;
  }

  /** Yields events until the signal aborts. See {@linkcode Store.watch}. */
  async *watch(options: WatchOptions): AsyncGenerator<StoreEvent> {
    for await (const { id, kind, data } of this.#care.events(options)) {
      const { "run-id": runId = "", name = "", metrics = {} } = JSON.parse(data) as EventData;
      if (kind === "model") {
        yield { id, kind, model: name };
        continue;
      }
      if (kind === "removed") {
        yield { id, kind, runId };
        continue;
      }
      const run = await runIfThere(this.#access, runId);
      // If it was removed since, another event reports it.
      if (!run) continue;
      if (kind === "run" || kind === "artifact") yield { id, kind, run };
      else if (kind === "metrics") yield { id, kind, run, values: valuesOf(metrics) };
    }
  }
}

function valuesOf(metrics: NonNullable<EventData["metrics"]>): NewValue[] {
  return Object.entries(metrics).map(([key, { value, step }]) => ({
    key,
    value: Number(value),
    step,
  }));
}
