/** Verification of a store for a client. */
import type { Progress } from "../../bytes/byte_store.ts";
import { wait } from "../../base/async.ts";
import type { Finding } from "../../maintenance/findings.ts";
import type { VerifyReport } from "../../maintenance/remote_check.ts";
import type { VerifyOptions } from "../../maintenance/verify_options.ts";
import { encode } from "../../remote/protocol/codec.ts";
import type { Store } from "../../store/store.ts";

/** Interval of progress reports, in milliseconds. */
const INTERVAL = 500;

/** Verifies a store. Each line of the body is a finding or a progress report. */
export function verificationBody(store: Store, options: VerifyOptions): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const lines = linesOf(store, options);
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await lines.next();
      if (done) controller.close();
      else controller.enqueue(encoder.encode(`${encode(value)}\n`));
    },
    cancel: async () => void await lines.return(undefined),
  }, { highWaterMark: 0 });
}

async function* linesOf(
  store: Store,
  options: VerifyOptions,
): AsyncGenerator<VerifyReport, undefined> {
  const stop = new AbortController();
  let progress: Progress | undefined;
  try {
    const onProgress = (now: Progress) => progress = now;
    const verification = store.verify({ ...options, signal: stop.signal, onProgress });
    const findings = verification[Symbol.asyncIterator]();
    let next = findings.next();
    for (;;) {
      const found = await firstOf(next);
      const { position } = verification;
      if (found?.done) break;
      if (found) next = findings.next();
      yield { finding: found?.value as Finding | undefined, position, progress };
    }
    const { artifacts, bytes, hashed } = await verification.summary();
    yield { position: verification.position, progress, counts: { artifacts, bytes, hashed } };
  } catch (error) {
    if (!stop.signal.aborted) yield { error };
  } finally {
    stop.abort();
  }
}

/** Returns the result of a promise; `undefined` after a timeout. */
async function firstOf<T>(promise: Promise<T>): Promise<T | undefined> {
  const enough = new AbortController();
  try {
    const late = wait(INTERVAL, enough.signal).then(() => undefined, () => undefined);
    return await Promise.race([promise, late]);
  } finally {
    enough.abort();
  }
}
