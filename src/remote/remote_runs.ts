/** Runs of a store on a server. While it is unreachable, logged data is spooled. */
import { NotRemoteError, ServerUnreachableError } from "../base/server_errors.ts";
import type { MetricBatch } from "../metadata/metric.ts";
import type { Run, RunStatus } from "../metadata/run.ts";
import type { RunChange, RunStore } from "../metadata/run_store.ts";
import type { Operations } from "./protocol/operations.ts";
import type { Spool } from "./spool/spool.ts";

/** State of a run that this process started while the server was unreachable. */
interface Known {
  run: Run;
  readonly params: Map<string, string>;
}

/**
 * Returns the runs of a server, whose operations are `calls`; those of `quick` fail at once if it is
 * unreachable. Metrics, params, tags and the end of a run go through the spool; other operations
 * wait until the spool is empty.
 */
export function remoteRuns(
  calls: Operations<"runs">,
  quick: Operations<"runs">,
  spool: Spool,
): RunStore {
  const known = new Map<string, Known>();

  /** Returns the server's result, or while it is unreachable the known state of a run started here. */
  const ask = async <T>(
    id: string,
    call: (calls: Operations<"runs">) => Promise<T>,
    answer: (known: Known) => T,
  ): Promise<T> => {
    const own = known.get(id);
    if (own && spool.isWaiting && !await spool.flush()) return answer(own);
    if (!own || !spool.isAble) return await call(calls);
    try {
      return await call(quick);
    } catch (error) {
      if (error instanceof ServerUnreachableError) return answer(own);
      throw error;
    }
  };

  return {
    ...afterSpool(calls, spool),
    importRuns: () => Promise.reject(new NotRemoteError("import single runs into")),
    start: async (options, environment, process) => {
      const { id = crypto.randomUUID() } = options;
      const run = await calls.start({ ...options, id }, environment, process);
      known.set(run.id, { run, params: new Map() });
      return run;
    },
    get: (id) => ask(id, (calls) => calls.get(id), ({ run }) => run),
    paramTexts: (id) => ask(id, (calls) => calls.paramTexts(id), ({ params }) => new Map(params)),
    insertParams: async (id, params) => {
      const written = await spool.write(id, "runs.insertParams", [id, params]);
      const taken = (written?.result ?? new Set()) as ReadonlySet<string>;
      if (taken.size === 0) {
        for (const [key, text] of params) {
          known.get(id)?.params.set(key, text);
        }
      }
      return taken;
    },
    setTags: async (id, tags) => void await spool.write(id, "runs.setTags", [id, tags]),
    logMetrics: async (batch: MetricBatch) => {
      await spool.write(batch.runId, "runs.logMetrics", [batch]);
    },
    update: async (id: string, change: RunChange, expected?: readonly string[]) => {
      const own = known.get(id);
      // The result is known only for a run that was started here.
      if (!own || change.endTime === undefined) {
        await spool.flush();
        return await calls.update(id, change, expected);
      }
      const written = await spool.write(id, "runs.update", [id, change, expected]);
      const result = written?.result as { run: Run; changed: boolean } | undefined;
      const { status = own.run.status, endTime, error = own.run.error } = change;
      if (result?.changed && status !== "running") known.delete(id);
      own.run = result?.run ?? { ...own.run, status: status as RunStatus, endTime, error };
      return result ?? { run: own.run, changed: true };
    },
  };
}

/** Returns calls that wait until the spool is empty. */
function afterSpool(calls: Operations<"runs">, spool: Spool): Operations<"runs"> {
  const entries = Object.entries(calls).map(([name, call]) => [
    name,
    async (...args: never[]) => {
      if (spool.isWaiting) await spool.flush();
      return await (call as (...args: never[]) => Promise<unknown>)(...args);
    },
  ]);
  return Object.fromEntries(entries) as Operations<"runs">;
}
