/** Repetition of a write whose response may have been lost, without doing it twice. */
import { RunStateError } from "../../base/errors.ts";
import { sameEdn } from "../../edn/mod.ts";
import type { Run } from "../../metadata/run.ts";
import type { RunChange } from "../../metadata/run_store.ts";
import type { Connection } from "../connection.ts";
import type { SpoolEntry } from "./spool_file.ts";

/** Sends a write. Throws a `RunStateError` if the run was created differently meanwhile. */
export async function repeat(connection: Connection, entry: SpoolEntry): Promise<void> {
  const { id, operation, args } = entry;
  const call = (operation: string, args: readonly unknown[], id: string) =>
    connection.call("write", operation, args, { id, once: true, isRepeated: true });
  if (operation === "runs.insertParams") {
    const [runId, params] = args as [string, ReadonlyMap<string, string>];
    return await insertParams(connection, runId, params);
  }
  const result = await call(operation, args, id);
  if (operation === "runs.update") requireEnded(result, args);
}

async function insertParams(
  connection: Connection,
  runId: string,
  params: ReadonlyMap<string, string>,
): Promise<void> {
  for (;;) {
    const how = { once: true };
    const known = await connection.call("read", "runs.paramTexts", [runId], how) as ReadonlyMap<
      string,
      string
    >;
    const changed = [...params].find(([key, text]) =>
      known.has(key) && !sameEdn(known.get(key)!, text)
    );
    if (changed) {
      const [key, text] = changed;
      throw new RunStateError(
        "log params to",
        runId,
        `param ${JSON.stringify(key)} was set to ${known.get(key)} meanwhile, not to ${text}`,
      );
    }
    const fresh = new Map([...params].filter(([key]) => !known.has(key)));
    if (fresh.size === 0) return;
    const taken = await connection.call("write", "runs.insertParams", [runId, fresh], {
      ...how,
      isRepeated: true,
    });
    if ((taken as ReadonlySet<string>).size === 0) return;
  }
}

function requireEnded(result: unknown, [runId, change]: readonly unknown[]): void {
  const { run, changed } = result as { readonly run: Run; readonly changed: boolean };
  const { status, endTime } = change as RunChange;
  const isDone = run.status === status && run.endTime?.getTime() === endTime?.getTime();
  if (changed || isDone) return;
  throw new RunStateError("end", runId as string, `it has ended meanwhile, as ${run.status}`);
}
