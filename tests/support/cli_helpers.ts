/** The command line, called in process. */
import assert from "node:assert/strict";
import { join } from "@std/path";
import type { Io } from "../../src/cli/io.ts";
import { main } from "../../src/cli/main.ts";
import { COMPOSITION } from "./compositions.ts";

/** How a call went. */
export interface Outcome {
  /** Exit code. */
  readonly code: number;
  /** What was printed to standard output. */
  readonly out: string;
  /** What was printed to standard error. */
  readonly err: string;
}

/** What the process has around it that a test may set. */
type Settable =
  | "terminal"
  | "columns"
  | "colors"
  | "ask"
  | "interrupted"
  | "dropNetwork"
  | "startPager"
  | "openUrl";

/** What a call finds around it: nothing but empty input, if left out. */
export interface Around extends Partial<Pick<Io, Settable>> {
  /** Standard input. */
  readonly stdin?: string | ReadableStream<Uint8Array>;
  /** The environment, beside the store's place. */
  readonly env?: Readonly<Record<string, string>>;
  /** Takes standard output instead. */
  readonly stdout?: Io["stdout"];
  /** Is shown what is printed to standard error, as it is printed. */
  readonly onWords?: (words: string) => void;
}

/** Calls the command line in process, on the store `cli.db` of `dir`. */
export async function chachaml(
  dir: string,
  args: readonly string[],
  { stdin = "", env = {}, onWords, ...around }: Around = {},
): Promise<Outcome> {
  const out: Uint8Array[] = [];
  const err: string[] = [];
  const encoder = new TextEncoder();
  const code = await main(args, {
    stdin: typeof stdin === "string" ? new Blob([stdin]).stream() : stdin,
    stdout: (data) => {
      out.push(typeof data === "string" ? encoder.encode(data) : data);
      return Promise.resolve();
    },
    stderr: (words) => {
      err.push(words);
      onWords?.(words);
      return Promise.resolve();
    },
    env: (name) => ({ ...variablesFor(dir), ...env })[name],
    ...around,
  });
  return { code, out: await new Blob(out as BlobPart[]).text(), err: err.join("") };
}

/** Variables that say where the store is. */
function variablesFor(dir: string): Record<string, string | undefined> {
  const path = join(dir, "cli.db");
  if (!COMPOSITION) return { CHACHAML_DB: path };
  const place = COMPOSITION.placeOf(path);
  return { CHACHAML_DB: place.path, CHACHAML_ARTIFACT_DIR: place.artifactDir };
}

/** Expects success, without a complaint; gives the data. */
export async function ok(
  dir: string,
  args: readonly string[],
  around?: Around,
): Promise<string> {
  const { code, out, err } = await chachaml(dir, args, around);
  assert.equal(code, 0, `${args.join(" ")}: ${err}`);
  assert.doesNotMatch(err, /^chachaml: /m, args.join(" "));
  return out;
}

/** Expects success with one JSON document on one line; gives it. */
export async function json(
  dir: string,
  args: readonly string[],
  around?: Around,
): Promise<ReturnType<typeof JSON.parse>> {
  const out = await ok(dir, [...args, "--json"], around);
  assert.match(out, /^[^\n]+\n$/);
  return JSON.parse(out);
}

/** Expects failure: an exit code, one line of words that fits, and no data. */
export async function fails(
  dir: string,
  args: readonly string[],
  code: number,
  words: RegExp,
  around?: Around,
): Promise<void> {
  const outcome = await chachaml(dir, args, around);
  assert.equal(outcome.code, code, `${args.join(" ")}: ${outcome.err}`);
  assert.equal(outcome.out, "");
  assert.match(outcome.err, /^chachaml: [^\n]+\n$/);
  assert.match(outcome.err, words);
}

/** Starts a run; gives its id. */
export async function startRun(dir: string, ...args: string[]): Promise<string> {
  return (await ok(dir, ["start", ...args])).trim();
}
