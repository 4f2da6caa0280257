import type { Progress } from "../byte_store.ts";
import { hashFile } from "../hashing.ts";
import { yieldToEventLoop } from "../../base/async.ts";

/** Total bytes below which starting workers takes longer than hashing in this thread. */
const WORTH_WORKERS = 64 * 1024 * 1024;

/** Maximum size, in bytes, of a file that is read in one piece. */
const SMALL = 256 * 1024;

interface Task {
  readonly resolve: (hash: string) => void;
  readonly reject: (error: Error) => void;
  readonly advance: (bytes: number) => void;
}

type Answer =
  | { readonly bytes: number }
  | { readonly hash: string }
  | { readonly failure: string };

/** Hashes files on all cores; each worker handles one at a time. */
export class HashPool implements Disposable {
  /** Recommended number of concurrent calls. */
  readonly width: number;
  readonly #idle: Worker[] = [];
  readonly #all: Worker[] = [];
  readonly #signal: AbortSignal;
  readonly #end = () => this.#all.forEach((worker) => worker.terminate());

  /** Starts workers if the total number of bytes is worth it. The signal terminates them. */
  constructor(bytes: number, signal: AbortSignal) {
    const workers = bytes >= WORTH_WORKERS ? navigator.hardwareConcurrency : 0;
    for (let count = 0; count < workers; count++) this.#all.push(startWorker());
    this.#idle.push(...this.#all);
    this.width = Math.max(1, workers);
    this.#signal = signal;
    signal.addEventListener("abort", this.#end);
  }

  /**
   * Computes the SHA-256 of a file, lower-case hex. At most `width` calls may run at a time.
   *
   * @param path Absolute path of a regular file.
   * @param advance Called with the number of further bytes hashed; must not throw.
   * @param signal Stops the hashing.
   */
  async hash(
    path: string,
    advance: (bytes: number) => void,
    signal?: AbortSignal,
  ): Promise<string> {
    signal?.throwIfAborted();
    const worker = this.#idle.pop();
    if (!worker) return await hashHere(path, advance, signal);
    const hash = await new Promise<string>((resolve, reject) => {
      const stop = () => {
        worker.terminate();
        reject(signal!.reason);
      };
      signal?.addEventListener("abort", stop, { once: true });
      const task: Task = { resolve, reject, advance };
      worker.onmessage = ({ data }: MessageEvent<Answer>) => {
        if (!handleAnswer(task, data)) return;
        signal?.removeEventListener("abort", stop);
        this.#idle.push(worker);
      };
      worker.onerror = (event) => {
        event.preventDefault();
        reject(new Error(event.message));
      };
      worker.postMessage(path);
    });
    return hash;
  }

  /** Terminates the workers. */
  [Symbol.dispose](): void {
    this.#signal.removeEventListener("abort", this.#end);
    this.#end();
  }
}

/** Handles a message of a worker. Returns whether it was the last one of its task. */
function handleAnswer({ resolve, reject, advance }: Task, answer: Answer): boolean {
  if ("bytes" in answer) return advance(answer.bytes), false;
  if ("hash" in answer) resolve(answer.hash);
  else reject(new Error(answer.failure));
  return true;
}

async function hashHere(
  path: string,
  advance: (bytes: number) => void,
  signal: AbortSignal | undefined,
): Promise<string> {
  using file = Deno.openSync(path);
  const { size } = file.statSync();
  // Reading a small file is faster than involving another thread.
  const read = size <= SMALL
    ? (into: Uint8Array) => Promise.resolve(file.readSync(into))
    : (into: Uint8Array) => file.read(into);
  await yieldToEventLoop();
  let before = 0;
  const onProgress = ({ bytes }: Progress) => {
    advance(bytes - before);
    before = bytes;
  };
  return (await hashFile({ read }, { signal, onProgress }, size)).hash;
}

/**
 * Starts a worker from source text, so that it needs no permission to load a module and works in a
 * compiled binary.
 */
function startWorker(): Worker {
  const text = `(${work})()`;
  return new Worker(`data:text/javascript,${encodeURIComponent(text)}`, { type: "module" });
}

/**
 * Program of the worker. It must be self-contained: nothing outside the function exists when it
 * runs.
 */
async function work(): Promise<void> {
  const { createHash } = await import("node:crypto");
  const scope = self as unknown as Worker;
  const buffer = new Uint8Array(1024 * 1024);
  scope.onmessage = ({ data: path }: MessageEvent<string>) => {
    try {
      using file = Deno.openSync(path);
      const hash = createHash("sha256");
      for (let count; (count = file.readSync(buffer)) !== null;) {
        hash.update(buffer.subarray(0, count));
        scope.postMessage({ bytes: count });
      }
      scope.postMessage({ hash: hash.digest("hex") });
    } catch (error) {
      scope.postMessage({ failure: (error as Error).message });
    }
  };
}
