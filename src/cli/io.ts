import { onDemand } from "../base/on_demand.ts";
import { thisProcess } from "../processes/this_process.ts";
import type { Pager } from "./pager.ts";

/** Streams and environment of a command, passed in so that commands are testable in process. */
export interface Io {
  /** Standard input. */
  readonly stdin: ReadableStream<Uint8Array>;
  /** Writes data to standard output. */
  readonly stdout: (data: string | Uint8Array) => Promise<void>;
  /** Writes text to standard error. */
  readonly stderr: (words: string) => Promise<void>;
  /** Writes output of another program to standard error, as bytes. */
  readonly stderrBytes?: (data: Uint8Array) => Promise<void>;
  /** Whether standard error is a terminal, which can show progress. */
  readonly terminal?: boolean;
  /** Number of terminal columns of standard output; omitted if it is not a terminal. */
  readonly columns?: number;
  /** Whether standard output may be colored. */
  readonly colors?: boolean;
  /** Starts a pager for standard output; omitted if it is not a terminal. */
  readonly startPager?: () => Promise<Pager | undefined>;
  /** Asks a yes/no question; omitted without a terminal. */
  readonly ask?: (question: string) => Promise<boolean>;
  /**
   * Returns a signal that aborts when the user interrupts the program (Ctrl-C), and makes later
   * interrupts cooperative. Omitted where signals are unavailable.
   */
  readonly interrupted?: () => AbortSignal;
  /** Drops the permission to use the network. */
  readonly dropNetwork?: () => void;
  /** Shows a URL in the user's browser; returns `false` if none could be started. */
  readonly openUrl?: (url: string) => Promise<boolean>;
  /** Returns an environment variable, if it may be read. */
  readonly env: (name: string) => string | undefined;
}

/** Creates the streams and environment of this process. */
export function processIo(): Io {
  const encoder = new TextEncoder();
  const env = (name: string) => {
    // Checked first: reading a variable must not cause a prompt.
    const { state } = Deno.permissions.querySync({ name: "env", variable: name });
    return state === "granted" ? Deno.env.get(name) || undefined : undefined;
  };
  return {
    stdin: Deno.stdin.readable,
    stdout: (data) => writeAll(Deno.stdout, typeof data === "string" ? encoder.encode(data) : data),
    stderr: (words) => writeAll(Deno.stderr, encoder.encode(words)),
    stderrBytes: (data) => writeAll(Deno.stderr, data),
    terminal: Deno.stderr.isTerminal(),
    ...(Deno.stdout.isTerminal() && {
      columns: columnsOf(),
      colors: !Deno.noColor,
      startPager: async () =>
        (await import(onDemand("./pager.ts")) as typeof import("./pager.ts")).startPager(env),
    }),
    ...(Deno.stdin.isTerminal() && Deno.stderr.isTerminal() && { ask }),
    interrupted,
    openUrl: async (url) =>
      (await import(onDemand("./open_url.ts")) as typeof import("./open_url.ts")).openUrl(url),
    dropNetwork: () => {
      // The identity of this process can be read only with all permissions, so it is cached first.
      thisProcess();
      Deno.permissions.revokeSync({ name: "net" });
    },
    env,
  };
}

function columnsOf(): number {
  try {
    return Deno.consoleSize().columns || 80;
  } catch {
    return 80; // Some terminals have no size.
  }
}

async function ask(question: string): Promise<boolean> {
  await writeAll(Deno.stderr, new TextEncoder().encode(`${question} [y/N] `));
  const answer = new Uint8Array(64);
  const count = await Deno.stdin.read(answer) ?? 0;
  return /^y(es)?\s*$/i.test(new TextDecoder().decode(answer.subarray(0, count)));
}

/**
 * Abort reason of an interrupted program, with the exit code that shells expect: 128 plus the
 * signal's number.
 */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
  /** Exit code of the program. */
  readonly exitCode: number;

  /** Creates the reason for a signal's number. */
  constructor(signal: number) {
    super("interrupted; the command was aborted");
    this.exitCode = 128 + signal;
  }
}

/** Shared abort signal of the process. */
let interruption: AbortSignal | undefined;

function interrupted(): AbortSignal {
  return interruption ??= listenForSignals();
}

function listenForSignals(): AbortSignal {
  const controller = new AbortController();
  for (const [signal, number] of [["SIGINT", 2], ["SIGTERM", 15]] as const) {
    // Windows has no SIGTERM.
    if (signal === "SIGTERM" && Deno.build.os === "windows") continue;
    const stop = () => {
      // A second interrupt exits immediately.
      if (controller.signal.aborted) {
        // Restores the cursor and line wrapping, which a progress bar turns off.
        if (Deno.stderr.isTerminal()) {
          Deno.stderr.writeSync(new TextEncoder().encode("\u001b[?25h\u001b[?7h\n"));
        }
        Deno.exit(128 + number);
      }
      controller.abort(new Interrupted(number));
    };
    Deno.addSignalListener(signal, stop);
  }
  return controller.signal;
}

async function writeAll(
  to: { write(data: Uint8Array): Promise<number> },
  data: Uint8Array,
): Promise<void> {
  for (let at = 0; at < data.length;) at += await to.write(data.subarray(at));
}
