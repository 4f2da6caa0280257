/** What programs log by printing: `::metric name value [step]` and `::param name value`. */
import type { ParamValue } from "../edn/mod.ts";
import { messageOf } from "./wording.ts";
import { parseInteger, parseJson, parseMetric } from "./values.ts";

/** Problems that are reported one by one: a program may print any number of lines. */
const REPORTED = 10;

/** Colours, movements of the cursor and titles, as terminals understand them. */
const ESCAPES =
  // deno-lint-ignore no-control-regex
  /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-Z\\-_])/g;

/** A line that logs something, or is meant to. */
const LOG_LINE = /^\s*::(metric|param)s?(?:\s+(.*))?$/s;

/** A name, in quotes or not, and what comes after it. */
const NAMED = /^(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([^\s="']+))(\s*=\s*|\s+)(\S.*)$/s;

/** Takes the values that lines log. */
export interface LineTarget {
  /** Takes metrics of a step. */
  readonly log: (metrics: Record<string, number>, options: { step: number }) => void;
  /** Takes params. */
  readonly logParams: (params: Record<string, ParamValue>) => Promise<void>;
}

/** Text without what would only steer a terminal. */
export function withoutEscapes(text: string): string {
  return text.replace(ESCAPES, "");
}

/** Whether a line logs something, or is meant to. */
export function isLogLine(line: string): boolean {
  return LOG_LINE.test(withoutEscapes(line));
}

/** Takes lines, and logs what they say. */
export class LoggedLines {
  readonly #target: LineTarget;
  readonly #problems: string[] = [];
  #unreported = 0;

  /** Makes one that logs to a run, for instance. */
  constructor(target: LineTarget) {
    this.#target = target;
  }

  /** Logs what a line says, if it says anything. That it cannot be logged stops nothing. */
  async take(line: string): Promise<void> {
    try {
      await this.#log(withoutEscapes(line));
    } catch (error) {
      if (this.#problems.length < REPORTED) this.#problems.push(messageOf(error));
      else this.#unreported++;
    }
  }

  /** What could not be logged. */
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

  /** `text` is a value with a step behind it, or with further pairs. */
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
    throw new Error(`the step of the metric ${JSON.stringify(name)} is no whole number: ${text}`);
  }
}
