import { wait } from "../../base/async.ts";
import type { Run } from "../../metadata/run.ts";
import type { StoreEvent } from "../../runs/watch.ts";
import type { Store } from "../../store/store.ts";
import { formatNumber, printable } from "../../text/format.ts";
import { durationOf, formatDuration } from "../../text/time.ts";
import type { Call, CommandSpec } from "../command.ts";

/** Interval after which a run is read without events, in milliseconds: its process may be dead. */
const LOOK_AGAIN = 5000;

export const watch: CommandSpec = {
  args: "[run]",
  options: [{ name: "experiment", value: "name", summary: "Only runs of this experiment" }],
  examples: [
    ["Until a run ends; the exit code is 1 if it fails", "chachaml watch @last"],
    ["Everything that happens, for another program", "chachaml watch --json"],
  ],
  run: async (call) => {
    const { args: [ref], open, runId, io } = call;
    const store = await open("read");
    const signal = io.interrupted?.();
    if (ref === undefined) return await watchAll(call, store, signal);
    return await watchRun(call, store, await runId(store, ref), signal);
  },
};

async function watchAll(
  { options, json, io, say }: Call,
  store: Store,
  signal: AbortSignal | undefined,
): Promise<void> {
  const experiment = options.get("experiment");
  await say("Watching; Ctrl-C ends it\n");
  for await (const event of store.watch(signal ? { signal } : {})) {
    const run = "run" in event ? event.run : undefined;
    if (experiment !== undefined && run?.experiment !== experiment) continue;
    if (json) await json(documentOf(event));
    else await io.stdout(`${printable(lineOf(event))}\n`);
  }
}

/** Watches a run until it ends. Ctrl-C only stops watching. */
async function watchRun(
  { json, io, say }: Call,
  store: Store,
  id: string,
  signal: AbortSignal | undefined,
): Promise<number> {
  const stop = new AbortController();
  const ending = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
  const events = store.watch({ runId: id, signal: ending })[Symbol.asyncIterator]();
  try {
    for (let next = events.next();;) {
      const run = await store.runs.get(id);
      if (run.status !== "running") return await sayEnd(say, run);
      const found = await firstOf(next);
      if (found?.done) return 0;
      if (found) {
        next = events.next();
        if (json) await json(documentOf(found.value));
        else await io.stdout(`${printable(lineOf(found.value))}\n`);
        continue;
      }
      if ((await store.runs.dead()).some(({ runId }) => runId === id)) {
        await say(`run ${id} is dead: its process ended without ending it; chachaml end --dead\n`);
        return 1;
      }
    }
  } finally {
    stop.abort();
    await events.return?.();
  }
}

/** Returns the result of a promise; `undefined` after a timeout. */
async function firstOf<T>(promise: Promise<T>): Promise<T | undefined> {
  const enough = new AbortController();
  try {
    const late = wait(LOOK_AGAIN, enough.signal).then(() => undefined, () => undefined);
    return await Promise.race([promise, late]);
  } finally {
    enough.abort();
  }
}

async function sayEnd(say: Call["say"], run: Run): Promise<number> {
  await say(`${stateOf(run)}\n`);
  return run.status === "failed" ? 1 : 0;
}

function stateOf(run: Run): string {
  const { id, status, error, startTime, endTime } = run;
  if (status === "running") return `run ${id} runs`;
  const took = formatDuration(durationOf(startTime, endTime, Date.now()));
  return `run ${id} ${status} after ${took}${error === null ? "" : `: ${error}`}`;
}

function lineOf(event: StoreEvent): string {
  if (event.kind === "removed") return `run ${event.runId} removed`;
  if (event.kind === "model") return `model ${event.model} changed`;
  const { run } = event;
  if (event.kind === "run") return stateOf(run);
  if (event.kind === "artifact") return `run ${run.id} artifacts changed`;
  const values = event.values.slice(0, 8).map(({ key, value }) => `${key}=${formatNumber(value)}`);
  const step = event.values[0]?.step;
  return `run ${run.id} ${values.join(" ")}${event.values.length > 8 ? " …" : ""}` +
    (step === undefined ? "metrics changed" : ` step ${step}`);
}

function documentOf(event: StoreEvent): object {
  if (!("run" in event)) return event;
  const { run, ...rest } = event;
  const { id, experiment, name, status } = run;
  return { ...rest, run: { id, experiment, name, status } };
}
