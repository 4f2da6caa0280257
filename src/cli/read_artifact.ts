/** The bytes of an artifact, or of output that is to become one. */
import { wait } from "../base/async.ts";
import type { Store } from "../store/store.ts";

/** Milliseconds between two looks for output that has not begun. */
const LOOK_AGAIN = 200;

/**
 * Reads an artifact, checked against its hash; or a log that a running program writes, as far as it
 * got, or with `follow` until it ends.
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
    // The log may have become an artifact just now, or not have begun.
    if (!running || await store.artifacts.has(runId, name)) {
      const artifact = await store.artifacts.get(runId, name);
      return artifact.stream({ verify: true, ...stop });
    }
    await wait(LOOK_AGAIN, signal);
  }
}
