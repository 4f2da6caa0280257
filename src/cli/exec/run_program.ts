/** Execution of a user's program, with output passed through and stored, and signals forwarded. */
import { startError } from "./find_program.ts";
import { PassedOutput } from "./passed_output.ts";
import { SignalForwarder } from "./forward_signals.ts";

/**
 * Time after a program's end before the user is notified that its output is still open, in
 * milliseconds.
 */
const PATIENCE = 1000;

/** Time without output after which `wait: false` stops reading, in milliseconds. */
const SILENCE = 200;

/** Consumers of one output. */
export interface OutputTarget {
  /** Passes a chunk through. */
  readonly pass: (chunk: Uint8Array) => Promise<void>;
  /** Stores a chunk; never throws. */
  readonly keep: (chunk: Uint8Array) => Promise<void>;
  /** Scans a chunk; never throws. */
  readonly look?: ((chunk: Uint8Array) => Promise<void>) | undefined;
}

/** Options for running a program. */
export interface ProgramOptions {
  /** Additional environment variables. */
  readonly env: Readonly<Record<string, string>>;
  /** Consumers of standard output. */
  readonly stdout: OutputTarget;
  /** Consumers of standard error. */
  readonly stderr: OutputTarget;
  /** Whether to wait for background processes that hold the output open. */
  readonly wait: boolean;
  /** Called once if such processes are waited for. */
  readonly onWaiting: () => Promise<void>;
  /** Called with the process id. */
  readonly onStart?: (pid: number) => void;
}

/** Result of a program. */
export interface ProgramEnd {
  /** Exit status; 128 plus the signal's number if it was killed. */
  readonly code: number;
  /** Reason of failure, if it failed. */
  readonly error: string | undefined;
  /** Errors of passing its output through. */
  readonly problems: readonly Error[];
}

/**
 * Runs a program until it and its output end.
 *
 * @param argv Program and arguments.
 * @throws {ProgramError} If it cannot be started.
 */
export async function runProgram(
  argv: readonly string[],
  { env, stdout, stderr, wait, onWaiting, onStart }: ProgramOptions,
): Promise<ProgramEnd> {
  const outputs: PassedOutput[] = [];
  // A grandchild may keep the pipe open after exit; a signal stops waiting for it.
  const closeOutputs = () => outputs.forEach((output) => void output.cancel());
  // Listens before the program starts, because a fast one may end first.
  const signals = new SignalForwarder(closeOutputs);
  let child: Deno.ChildProcess;
  try {
    child = start(argv, env);
  } catch (error) {
    signals.stop();
    throw error;
  }
  signals.attach(child);
  onStart?.(child.pid);
  outputs.push(new PassedOutput(child.stdout, stdout), new PassedOutput(child.stderr, stderr));
  const reading = Promise.all(outputs.map((output) => output.read()));
  let timer: ReturnType<typeof setInterval> | undefined;
  try {
    const { code, signal } = await child.status;
    const ended = performance.now();
    let said = false;
    timer = setInterval(() => {
      const now = performance.now();
      const open = outputs.filter(({ hasEnded }) => !hasEnded);
      if (open.length === 0) return;
      if (!wait) {
        const silent = open.every(({ lastRead }) => now - Math.max(lastRead, ended) > SILENCE);
        if (silent || now - ended > 10 * SILENCE) closeOutputs();
      } else if (!said && now - ended > PATIENCE) {
        said = true;
        void onWaiting().catch(() => {});
      }
    }, 50);
    const problems = await reading;
    const error = signal ? `killed by ${signal}` : code === 0 ? undefined : `exit status ${code}`;
    return { code, error, problems: problems.filter((problem) => problem !== undefined) };
  } finally {
    clearInterval(timer);
    signals.stop();
  }
}

function start(
  [name, ...args]: readonly string[],
  env: Readonly<Record<string, string>>,
): Deno.ChildProcess {
  const command = new Deno.Command(name!, {
    args,
    env: { ...env },
    stdin: "inherit",
    stdout: "piped",
    stderr: "piped",
  });
  try {
    return command.spawn();
  } catch (error) {
    throw startError(name!, error);
  }
}
