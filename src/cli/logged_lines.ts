/** What programs log by printing: `::metric name value [step]` and `::param name value`. */
import type { RunHandle } from "../runs/run_handle.ts";
import { parseInteger, parseJson, parseMetric } from "./values.ts";

/** Problems that are told one by one: a program may print any number of lines. */
const TOLD = 10;

/** Takes lines, and logs to a run what they say. */
export class LoggedLines {
  readonly #run: RunHandle;
  readonly #problems: string[] = [];
  #untold = 0;

  /** Makes one for a run. */
  constructor(run: RunHandle) {
    this.#run = run;
  }

  /** Logs what a line says, if it says anything. That it cannot be logged stops nothing. */
  async take(line: string): Promise<void> {
    try {
      await this.#log(line);
    } catch (error) {
      if (this.#problems.length < TOLD) this.#problems.push((error as Error).message);
      else this.#untold++;
    }
  }

  /** What could not be logged. */
  problems(): string[] {
    return this.#untold === 0
      ? this.#problems
      : [...this.#problems, `${this.#untold} more lines could not be logged`];
  }

  async #log(line: string): Promise<void> {
    const [, word, name, text] = /^::(metric|param)\s+(\S+)\s+(.*\S)\s*$/.exec(line) ?? [];
    if (name === undefined || text === undefined) return;
    if (word === "param") return await this.#run.logParams({ [name]: parseJson(text) });
    const [value, step = "0"] = text.split(/\s+/);
    this.#run.log({ [name]: parseMetric(name, value!) }, { step: stepOf(name, step) });
  }
}

function stepOf(name: string, text: string): number {
  try {
    return parseInteger("step", text);
  } catch {
    throw new Error(`the step of the metric ${JSON.stringify(name)} is no whole number: ${text}`);
  }
}
