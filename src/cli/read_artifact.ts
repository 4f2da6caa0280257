/** Content of an artifact, or of a log that will become one. */
import { wait } from "../base/async.ts";
import type { Store } from "../store/store.ts";

/** Interval of checks for output that has not started, in milliseconds. */
const LOOK_AGAIN = 200;

/**
 * Reads an artifact, verified against its hash, or the log of a running program: up to its current
 * end, or with `follow` until it is complete.
 *
 * @throws {ArtifactNotFoundError} If there is neither.
 */
export async function readArtifact(
  store: Store,
  runId: string,
  name: string,
  { follow = false, signal }: { follow?: boolean; signal?: AbortSignal | undefined } = {},
): Promise<ReadableStream<Uint8Array>> {
  const stop = signal && { signal };
  for (;;) {
    const running = follow && (await store.runs.get(runId)).status === "running";
    const log = await store.artifacts.has(runId, name)
      ? undefined
      : await store.artifacts.readLog(runId, name, { follow, ...stop });
    if (log) return log;
    // The log may have just become an artifact, or may not have started.
    if (!running || await store.artifacts.has(runId, name)) {
      const artifact = await store.artifacts.get(runId, name);
      return artifact.stream({ verify: true, ...stop });
    }
    await wait(LOOK_AGAIN, signal);
  }
}
