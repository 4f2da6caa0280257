import { thisProcess } from "../processes/this_process.ts";
import type { Pager } from "./pager.ts";

/** What a command reads from and prints to; handed in, so that it is tested in process. */
export interface Io {
  /** Standard input. */
  readonly stdin: ReadableStream<Uint8Array>;
  /** Writes data to standard output. */
  readonly stdout: (data: string | Uint8Array) => Promise<void>;
  /** Writes words to standard error. */
  readonly stderr: (words: string) => Promise<void>;
  /** Writes what another program has printed to standard error, where that takes more than words. */
  readonly stderrBytes?: (data: Uint8Array) => Promise<void>;
  /** Whether standard error is a terminal, where progress can be shown. */
  readonly terminal?: boolean;
  /** Columns of the terminal that standard output is; left out if it is none. */
  readonly columns?: number;
  /** Whether standard output may have colours. */
  readonly colors?: boolean;
  /** Starts a pager for standard output; left out where that is no terminal. */
  readonly startPager?: () => Promise<Pager | undefined>;
  /** Asks a person a question that is answered by yes or no; left out where there is none. */
  readonly ask?: (question: string) => Promise<boolean>;
  /**
   * Gives a signal for when the user interrupts the program (Ctrl-C), which from then on ends the
   * work in an orderly way. Left out where there is no such thing.
   */
  readonly interrupted?: () => AbortSignal;
  /** Gives up the permission to use the network. */
  readonly dropNetwork?: () => void;
  /** A variable of the environment, where it may be read. */
  readonly env: (name: string) => string | undefined;
}

/** The process's own streams and environment. */
export function processIo(): Io {
  const encoder = new TextEncoder();
  const env = (name: string) => {
    // Asked for first: a variable is no reason for a prompt.
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
      startPager: async () => (await import("./pager.ts")).startPager(env),
    }),
    ...(Deno.stdin.isTerminal() && Deno.stderr.isTerminal() && { ask }),
    interrupted,
    dropNetwork: () => {
      // What this process is can be read only with all permissions, and is remembered.
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
    return 80; // Some terminals do not say.
  }
}

async function ask(question: string): Promise<boolean> {
  await writeAll(Deno.stderr, new TextEncoder().encode(`${question} [y/N] `));
  const answer = new Uint8Array(64);
  const count = await Deno.stdin.read(answer) ?? 0;
  return /^y(es)?\s*$/i.test(new TextDecoder().decode(answer.subarray(0, count)));
}

/** What an interrupted program leaves with, as shells expect it: 128 and the signal's number. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
  /** Exit code of the program. */
  readonly exitCode: number;

  /** Makes the reason for a signal's number. */
  constructor(signal: number) {
    super("interrupted; what was under way has been given up");
    this.exitCode = 128 + signal;
  }
}

/** The one signal of the process: what is asked for twice has been asked for once. */
let interruption: AbortSignal | undefined;

function interrupted(): AbortSignal {
  return interruption ??= listenForSignals();
}

function listenForSignals(): AbortSignal {
  const controller = new AbortController();
  for (const [signal, number] of [["SIGINT", 2], ["SIGTERM", 15]] as const) {
    // Windows knows no SIGTERM.
    if (signal === "SIGTERM" && Deno.build.os === "windows") continue;
    const stop = () => {
      // Whoever asks twice does not want to wait.
      if (controller.signal.aborted) {
        // A progress bar has hidden the cursor and stopped the wrapping of lines.
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
