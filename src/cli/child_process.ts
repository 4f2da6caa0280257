/** A program of the user's, run with its output passed on and kept, and signals passed to it. */
import type { RunHandle } from "../runs/run_handle.ts";
import { UsageError } from "./command.ts";

/** Signals that are passed on; the terminal itself sends the first two to all that run in it. */
const FROM_TERMINAL: readonly Deno.Signal[] = ["SIGINT", "SIGQUIT"];
const SIGNALS: readonly Deno.Signal[] = [
  ...FROM_TERMINAL,
  "SIGTERM",
  "SIGHUP",
  "SIGUSR1",
  "SIGUSR2",
];

/** How to run a program. */
export interface ProgramOptions {
  /** Variables of its environment, beside ours. */
  readonly env: Record<string, string>;
  /** Where its standard output goes on to. */
  readonly stdout: (chunk: Uint8Array) => Promise<void>;
  /** Where its standard error goes on to. */
  readonly stderr: (chunk: Uint8Array) => Promise<void>;
  /** Told of each line of its standard output, one after the other. */
  readonly onLine?: ((line: string) => Promise<void>) | undefined;
}

/** How a program has ended. */
export interface ProgramEnd {
  /** Its exit status; 128 and the signal's number if it was killed. */
  readonly code: number;
  /** Why it counts as failed, if it does. */
  readonly error: string | undefined;
  /** What could not be stored of its output. */
  readonly problems: readonly Error[];
}

/**
 * Runs a program to its end; what it prints is stored as `stdout.log` and `stderr.log`.
 *
 * @throws {UsageError} If there is no such program, or it may not be run.
 */
export async function runProgram(
  run: RunHandle,
  [name, ...args]: readonly string[],
  { env, stdout, stderr, onLine }: ProgramOptions,
): Promise<ProgramEnd> {
  const child = start(name!, args, env);
  // What it leaves running may hold its output open for long: a signal then ends the wait for that.
  const enough = new AbortController();
  const stopPassing = passSignals(child, enough);
  try {
    const lines = onLine && new Lines(onLine);
    const [status, ...problems] = await Promise.all([
      child.status,
      keep(run, "stdout.log", child.stdout, stdout, enough.signal, lines),
      keep(run, "stderr.log", child.stderr, stderr, enough.signal),
    ]);
    await lines?.end();
    const { code, signal } = status;
    const error = signal ? `killed by ${signal}` : code === 0 ? undefined : `exit status ${code}`;
    return { code, error, problems: problems.filter((problem) => problem !== undefined) };
  } finally {
    stopPassing();
  }
}

function start(name: string, args: string[], env: Record<string, string>): Deno.ChildProcess {
  const { state } = Deno.permissions.querySync({ name: "run", command: name });
  if (state !== "granted") {
    throw new UsageError(`exec needs the permission to run ${name}: pass --allow-run to deno`);
  }
  const command = new Deno.Command(name, {
    args,
    env,
    stdin: "inherit",
    stdout: "piped",
    stderr: "piped",
  });
  try {
    return command.spawn();
  } catch (error) {
    const reason = error instanceof Deno.errors.NotFound
      ? "there is no such program"
      : (error as Error).message;
    throw new UsageError(`cannot run ${JSON.stringify(name)}: ${reason}`);
  }
}

/** Passes output on and stores it. That one of the two fails is no reason to stop the program. */
async function keep(
  run: RunHandle,
  name: string,
  output: ReadableStream<Uint8Array>,
  pass: (chunk: Uint8Array) => Promise<void>,
  enough: AbortSignal,
  lines?: Lines,
): Promise<Error | undefined> {
  let passing = true;
  let problem: Error | undefined;
  let refused = false;
  let writer: WritableStreamDefaultWriter<Uint8Array> | undefined;
  let storing: Promise<unknown> | undefined;
  const reader = output.getReader();
  enough.addEventListener("abort", () => void reader.cancel().catch(() => {}));
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    const chunk = read.value;
    try {
      if (passing) await pass(chunk);
    } catch (error) {
      passing = false;
      // That nobody reads it any more is nothing to tell.
      if (!(error instanceof Deno.errors.BrokenPipe)) problem ??= error as Error;
    }
    await lines?.take(chunk);
    if (!writer) {
      const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
      writer = writable.getWriter();
      storing = run.put(name, readable, { contentType: "text/plain" })
        .catch((error) => {
          problem = error;
          refused = true;
        });
    }
    if (!refused) await writer.write(chunk).catch(() => {});
  }
  await writer?.close().catch(() => {});
  await storing;
  return problem;
}

function passSignals(child: Deno.ChildProcess, enough: AbortController): () => void {
  if (Deno.build.os === "windows") return () => {};
  let ended = false;
  child.status.then(() => ended = true, () => {});
  const listeners = SIGNALS.map((signal) => {
    const pass = () => {
      if (ended) return enough.abort();
      if (FROM_TERMINAL.includes(signal) && Deno.stdin.isTerminal()) return;
      try {
        child.kill(signal);
      } catch {
        // It has ended already.
      }
    };
    Deno.addSignalListener(signal, pass);
    return () => Deno.removeSignalListener(signal, pass);
  });
  return () => listeners.forEach((remove) => remove());
}

/** Bytes that a line may have; a longer one is none of those that are looked for. */
const LONGEST = 64 * 1024;

/** Cuts bytes into lines. */
class Lines {
  readonly #decoder = new TextDecoder();
  readonly #tell: (line: string) => Promise<void>;
  #rest = "";
  #tooLong = false;

  constructor(tell: (line: string) => Promise<void>) {
    this.#tell = tell;
  }

  async take(chunk: Uint8Array): Promise<void> {
    const lines = (this.#rest + this.#decoder.decode(chunk, { stream: true })).split(/\r?\n/);
    this.#rest = lines.pop()!;
    for (const line of lines) await this.#end(line);
    if (this.#rest.length > LONGEST) {
      this.#tooLong = true;
      this.#rest = "";
    }
  }

  async end(): Promise<void> {
    if (this.#rest !== "") await this.#end(this.#rest);
  }

  async #end(line: string): Promise<void> {
    // Of a line that was too long, this is but the end.
    if (!this.#tooLong && line.length <= LONGEST) await this.#tell(line);
    this.#tooLong = false;
  }
}
