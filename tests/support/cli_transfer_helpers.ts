/** What the tests of the command line's export, import, backup and the like share. */
import assert from "node:assert/strict";
import { join } from "@std/path";
import { openStore, type Store } from "../../mod.ts";
import { main } from "../../src/cli/main.ts";
import { textsOf } from "./backup_helpers.ts";
import { inTempDir, openIn } from "./helpers.ts";

interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  /** What was printed, as bytes. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

interface Surroundings {
  readonly stdin?: ReadableStream<Uint8Array>;
  readonly interrupted?: () => AbortSignal;
  readonly stdout?: (data: string | Uint8Array) => Promise<void>;
}

/** Calls the command line in process, on the store `t.db` of `dir`. */
export async function chachaml(
  dir: string,
  args: readonly string[],
  { stdin = new Blob([]).stream(), stdout, interrupted }: Surroundings = {},
): Promise<Outcome> {
  const out: (string | Uint8Array<ArrayBuffer>)[] = [];
  const err: string[] = [];
  const code = await main(args, {
    stdin,
    stdout: stdout ?? ((data) => Promise.resolve(void out.push(data as Uint8Array<ArrayBuffer>))),
    stderr: (words) => Promise.resolve(void err.push(words)),
    ...(interrupted && { interrupted }),
    env: (name) => name === "CHACHAML_DB" ? join(dir, "t.db") : undefined,
  });
  const bytes = new Uint8Array(await new Blob(out).arrayBuffer());
  return { code, out: new TextDecoder().decode(bytes), err: err.join(""), bytes };
}

/** Asserts that calls end with a code, one line of words and no data. */
export async function assertRefused(
  dir: string,
  code: number,
  calls: readonly (readonly [args: string[], words: RegExp])[],
): Promise<void> {
  for (const [args, words] of calls) {
    const outcome = await chachaml(dir, args);
    assert.deepEqual([outcome.code, outcome.out], [code, ""], args.join(" ") + outcome.err);
    assert.match(outcome.err, /^chachaml: [^\n]+\n$/);
    assert.match(outcome.err, words);
  }
}

/** The artifacts of that store. */
export const TEXTS = { "r/a": "text", "r/deep/b": "text", "s/a": "other" };

/** Gives a test a store with the runs `r` and `s`. */
export function withStore(work: (dir: string, store: Store) => Promise<void>): Promise<void> {
  return inTempDir(async (dir) => {
    await using store = await openIn(dir, { durability: "relaxed" });
    for (const id of ["r", "s"]) await store.startRun({ id });
    for (const [path, text] of Object.entries(TEXTS)) {
      await store.artifacts.put(path.slice(0, 1), path.slice(2), text);
    }
    await work(dir, store);
  });
}

/** The texts of the store at a path. */
export async function textsAt(path: string): Promise<Record<string, string>> {
  await using store = await openStore({ path, driver: "builtin", readOnly: true });
  return await textsOf(store);
}
