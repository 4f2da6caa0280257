/** A program of the user's, run with its output passed on and kept, and signals passed to it. */
import { startError } from "./find_program.ts";
import { PassedOutput } from "./passed_output.ts";
import { SignalPasser } from "./pass_signals.ts";

/** Milliseconds after a program's end until it is said that something holds its output open. */
const PATIENCE = 1000;

/** Milliseconds without output after which nobody waits for more, with `wait: false`. */
const SILENCE = 200;

/** What is done with one of its two outputs. */
export interface OutputTarget {
  /** Passes it on. */
  readonly pass: (chunk: Uint8Array) => Promise<void>;
  /** Keeps it; never throws. */
  readonly keep: (chunk: Uint8Array) => Promise<void>;
  /** Looks at it; never throws. */
  readonly look?: ((chunk: Uint8Array) => Promise<void>) | undefined;
}

/** How to run a program. */
export interface ProgramOptions {
  /** Variables of its environment, beside ours. */
  readonly env: Readonly<Record<string, string>>;
  /** Its standard output. */
  readonly stdout: OutputTarget;
  /** Its standard error. */
  readonly stderr: OutputTarget;
  /** Whether programs that it leaves running and that hold its output are waited for. */
  readonly wait: boolean;
  /** Called once where such programs are waited for. */
  readonly onWaiting: () => Promise<void>;
  /** Called with its process id. */
  readonly onStart?: (pid: number) => void;
}

/** How a program has ended. */
export interface ProgramEnd {
  /** Its exit status; 128 and the signal's number if it was killed. */
  readonly code: number;
  /** Why it counts as failed, if it does. */
  readonly error: string | undefined;
  /** What could not be passed on of its output. */
  readonly problems: readonly Error[];
}

/**
 * Runs a program until it ends and its output does.
 *
 * @param argv The program and its arguments.
 * @throws {ProgramError} If it cannot be started.
 */
export async function runProgram(
  argv: readonly string[],
  { env, stdout, stderr, wait, onWaiting, onStart }: ProgramOptions,
): Promise<ProgramEnd> {
  const outputs: PassedOutput[] = [];
  // A grandchild may keep the pipe open after exit; a signal stops waiting for it.
  const giveUp = () => outputs.forEach((output) => void output.giveUp());
  // Listens before there is a program, which could be done before we are.
  const signals = new SignalPasser(giveUp);
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
        if (silent || now - ended > 10 * SILENCE) giveUp();
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
