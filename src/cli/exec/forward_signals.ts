/** Signals sent to `exec`, forwarded to its program. */

/** Signals that the terminal itself sends to every process in it. */
const FROM_TERMINAL: readonly Deno.Signal[] = ["SIGINT", "SIGQUIT"];
const SIGNALS: readonly Deno.Signal[] = [
  ...FROM_TERMINAL,
  "SIGTERM",
  "SIGHUP",
  "SIGUSR1",
  "SIGUSR2",
];

/** Forwards signals to a program; after its end they are handled here. */
export class SignalForwarder {
  readonly #onLate: () => void;
  readonly #early: Deno.Signal[] = [];
  readonly #remove: (() => void)[] = [];
  #child: Deno.ChildProcess | undefined;
  #ended = false;

  /** Starts listening, before there is a program. `onLate` is called for signals after its end. */
  constructor(onLate: () => void) {
    this.#onLate = onLate;
    if (Deno.build.os === "windows") return;
    for (const signal of SIGNALS) {
      const pass = () => this.#pass(signal);
      Deno.addSignalListener(signal, pass);
      this.#remove.push(() => Deno.removeSignalListener(signal, pass));
    }
  }

  /** Forwards signals to a program, including those received before it started. */
  attach(child: Deno.ChildProcess): void {
    this.#child = child;
    child.status.then(() => this.#ended = true, () => {});
    for (const signal of this.#early.splice(0)) this.#pass(signal);
  }

  #pass(signal: Deno.Signal): void {
    if (this.#ended) return this.#onLate();
    if (FROM_TERMINAL.includes(signal) && Deno.stdin.isTerminal()) return;
    if (!this.#child) return void this.#early.push(signal);
    try {
      this.#child.kill(signal);
    } catch {
      // The program has already exited.
    }
  }

  /** Stops listening. */
  stop(): void {
    for (const remove of this.#remove.splice(0)) remove();
  }
}
