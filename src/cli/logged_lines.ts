/** Log commands in a program's output: `::metric name value [step]` and `::param name value`. */
import type { ParamValue } from "../edn/mod.ts";
import { messageOf } from "./wording.ts";
import { parseInteger, parseJson, parseMetric } from "./values.ts";

/** Maximum number of problems reported in full, because a program may print any number of lines. */
const REPORTED = 10;

/** Terminal escape sequences: colors, cursor movements, titles. */
const ESCAPES =
  // deno-lint-ignore no-control-regex
  /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-Z\\-_])/g;

/** A log command, valid or not. */
const LOG_LINE = /^\s*::(metric|param)s?(?:\s+(.*))?$/s;

/** A name, quoted or not, and the text after it. */
const NAMED = /^(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([^\s="']+))(\s*=\s*|\s+)(\S.*)$/s;

/** Destination of logged values. */
export interface LineTarget {
  /** Logs metrics of a step. */
  readonly log: (metrics: Record<string, number>, options: { step: number }) => void;
  /** Logs params. */
  readonly logParams: (params: Record<string, ParamValue>) => Promise<void>;
}

/** Removes terminal escape sequences. */
export function withoutEscapes(text: string): string {
  return text.replace(ESCAPES, "");
}

/** Whether a line is a log command, valid or not. */
export function isLogLine(line: string): boolean {
  return LOG_LINE.test(withoutEscapes(line));
}

/** Executes log commands in lines. */
export class LoggedLines {
  readonly #target: LineTarget;
  readonly #problems: string[] = [];
  #unreported = 0;

  /** Creates an executor for a target such as a run. */
  constructor(target: LineTarget) {
    this.#target = target;
  }

  /** Executes a line if it is a log command. Errors are collected, not thrown. */
  async write(line: string): Promise<void> {
    try {
      await this.#log(withoutEscapes(line));
    } catch (error) {
      if (this.#problems.length < REPORTED) this.#problems.push(messageOf(error));
      else this.#unreported++;
    }
  }

  /** Returns the collected problems. */
  problems(): string[] {
    return this.#unreported === 0
      ? this.#problems
      : [...this.#problems, `${this.#unreported} more lines could not be logged`];
  }

  async #log(line: string): Promise<void> {
    const [found, word, rest = ""] = LOG_LINE.exec(line) ?? [];
    if (found === undefined) return;
    const { name, text } = namedValue(line, rest.trim());
    if (word === "param") return await this.#target.logParams({ [name]: parseJson(text) });
    this.#logMetrics(line, name, text);
  }

  /** Logs metrics. `text` is a value, followed by a step or by further pairs. */
  #logMetrics(line: string, name: string, text: string): void {
    const [value, ...words] = text.split(/\s+/);
    const metrics = { [name]: parseMetric(name, value!) };
    let step = 0;
    let rest = words.join(" ");
    while (rest !== "") {
      const pair = /^(?:"[^"]*"|'[^']*'|[^\s="']+)\s*=/.test(rest);
      if (!pair) {
        const [word, ...more] = rest.split(" ");
        if (more.length > 0) throw notUnderstood(line);
        step = stepOf(name, word!);
        break;
      }
      const next = namedValue(line, rest);
      const [nextValue, ...more] = next.text.split(" ");
      if (next.name === "step") step = stepOf(name, nextValue!);
      else metrics[next.name] = parseMetric(next.name, nextValue!);
      rest = more.join(" ");
    }
    this.#target.log(metrics, { step });
  }
}

function namedValue(line: string, rest: string): { name: string; text: string } {
  const [found, double, single, bare, , text] = NAMED.exec(rest) ?? [];
  if (found === undefined) throw notUnderstood(line);
  return { name: double?.replace(/\\(.)/g, "$1") ?? single ?? bare!, text: text! };
}

function notUnderstood(line: string): Error {
  const shown = line.trim().length > 100 ? `${line.trim().slice(0, 100)}…` : line.trim();
  return new Error(
    `the line ${JSON.stringify(shown)} is not understood; ` +
      "print ::metric NAME VALUE [STEP] or ::param NAME VALUE",
  );
}

function stepOf(name: string, text: string): number {
  try {
    return parseInteger("step", text);
  } catch {
    throw new Error(
      `the step of the metric ${JSON.stringify(name)} is not a whole number: ${text}`,
    );
  }
}
