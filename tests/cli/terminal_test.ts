/** The command line in a pseudo-terminal, as `script` of util-linux makes one. */
import assert from "node:assert/strict";
import { versionOf } from "../support/programs.ts";
import { fromFileUrl, join } from "@std/path";
import { childFlags, inTempDir, openIn, stagedIn } from "../support/helpers.ts";

/** Bytes of a file that takes a while, all of them zero, so that it takes no room. */
const LONG = 800_000_000;

const missing: string | undefined = /util-linux/.test(await versionOf("script") ?? "")
  ? undefined
  : "there is no script of util-linux";

function test(name: string, work: (dir: string) => Promise<void>): void {
  if (missing === undefined) Deno.test(name, () => inTempDir(work));
  else Deno.test.ignore(`${name} (skipped: there is no script of util-linux)`, () => {});
}

/** How a shell calls one of our modules. */
function callOf(module: string): string {
  const path = fromFileUrl(new URL(module, import.meta.url));
  const call = [Deno.execPath(), "run", "-A", "--quiet", "--no-prompt", ...childFlags(), path];
  return call.map((word) => `'${word}'`).join(" ");
}

/** A command in a terminal of its own. */
class Terminal implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #reading: Promise<void>;
  #shown = "";
  #told: () => void = () => {};

  /** Calls the command line with words that a shell reads, where `$CLI` stands for it. */
  constructor(dir: string, words: string, env: Record<string, string> = {}) {
    const call = words.replace("$CLI", callOf("../../cli.ts"))
      .replace("$CHILD", callOf("../support/children/ignore_interrupt.ts"));
    this.#child = new Deno.Command("script", {
      args: ["-qfec", `stty cols 100; ${call}`, "/dev/null"],
      env: {
        TERM: "xterm",
        SHELL: "/bin/sh",
        NO_COLOR: "",
        CHACHAML_DB: join(dir, "t.db"),
        ...env,
      },
      cwd: dir,
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    this.#writer = this.#child.stdin.getWriter();
    this.#reading = this.#read();
  }

  async #read(): Promise<void> {
    for await (const part of this.#child.stdout.pipeThrough(new TextDecoderStream())) {
      this.#shown += part;
      this.#told();
    }
    this.#told = () => {};
  }

  /** Waits until something is shown. */
  async until(what: RegExp): Promise<void> {
    let ended = false;
    const end = this.#reading.then(() => void (ended = true));
    while (!what.test(this.#shown)) {
      assert.ok(!ended, `ended without ${what}: ${this.#shown}`);
      await Promise.race([end, new Promise<void>((resolve) => this.#told = resolve)]);
    }
  }

  /** Types keys. */
  async type(keys: string): Promise<void> {
    await this.#writer.write(new TextEncoder().encode(keys));
  }

  /** Waits for the end; gives the exit code, and all that was shown. */
  async end(): Promise<{ code: number; shown: string }> {
    const { code } = await this.#child.status;
    await this.#reading;
    return { code, shown: this.#shown };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended.
    }
    await this.#writer.close().catch(() => {});
    await this.#child.status;
    await this.#reading;
  }
}

/** What stays on the lines of a terminal that has shown something; only what is used here. */
function screen(shown: string): string[] {
  const lines = [""];
  let column = 0;
  // deno-lint-ignore no-control-regex
  for (const [part] of shown.matchAll(/\u001b\[[?\d;]*[A-Za-z]|[^]/gu)) {
    const line = lines.at(-1)!;
    if (part === "\r") column = 0;
    else if (part === "\n") column = lines.push("") && 0;
    else if (part.startsWith("\u001b[")) {
      const amount = Number(/\d+/.exec(part)?.[0] ?? "0");
      if (part.endsWith("K")) lines[lines.length - 1] = amount === 2 ? "" : line.slice(0, column);
      if (part.endsWith("J")) lines[lines.length - 1] = line.slice(0, column);
      if (part.endsWith("G")) column = Math.max(amount - 1, 0);
    } else {
      lines[lines.length - 1] = line.slice(0, column).padEnd(column) + part +
        line.slice(column + part.length);
      column += part.length;
    }
  }
  return lines.filter((line) => line.trim() !== "");
}

/** Makes a store with a run, and a file beside it that takes a while. */
async function prepare(dir: string): Promise<void> {
  await using store = await openIn(dir);
  await store.startRun({ id: "r" });
  await Deno.writeTextFile(join(dir, "long.bin"), "");
  await Deno.truncate(join(dir, "long.bin"), LONG);
}

/** Prepares, with the long file moved into the store, where it takes no room either. */
async function prepareStored(dir: string): Promise<void> {
  await prepare(dir);
  await using store = await openIn(dir);
  await store.artifacts.putFile("r", "long.bin", join(dir, "long.bin"), { move: true });
}

/** Expects a store that is whole, and in which nothing is left over. */
async function assertWhole(dir: string, artifacts: number): Promise<void> {
  await using store = await openIn(dir);
  const summary = await store.verify({ quick: true }).summary();
  assert.deepEqual(
    [summary.artifacts, summary.damaged, summary.leftovers],
    [artifacts, 0, 0],
  );
  assert.deepEqual(stagedBy(store.artifactDir!), []);
}

function stagedBy(artifactDir: string): string[] {
  try {
    return stagedIn(artifactDir);
  } catch {
    return [];
  }
}

// deno-lint-ignore no-control-regex
const COLOR = /\u001b\[3\dm/;

test("a terminal gets colours, unless NO_COLOR is set; a pipe gets none", async (dir) => {
  await using store = await openIn(dir);
  await store.startRun({ id: "r" });
  const calls: [words: string, env: Record<string, string>, colored: boolean][] = [
    ["exec $CLI runs", {}, true],
    ["exec $CLI runs --no-color", {}, false],
    ["exec $CLI runs", { NO_COLOR: "1" }, false],
    ["$CLI runs | cat", {}, false],
  ];
  for (const [words, env, colored] of calls) {
    await using terminal = new Terminal(dir, words, env);
    const { code, shown } = await terminal.end();
    assert.equal(code, 0, shown);
    assert.match(shown, /running/);
    assert.equal(COLOR.test(shown), colored, `${words} ${JSON.stringify(env)}`);
  }
});

test("a table is cut to the terminal", async (dir) => {
  {
    await using store = await openIn(dir);
    await store.startRun({ id: "r", name: "x".repeat(300) });
  }
  await using terminal = new Terminal(dir, "exec $CLI runs");
  const [head, row] = screen((await terminal.end()).shown);
  assert.ok(row!.length <= 100 && row!.length >= head!.length);
  assert.match(row!, /x…/);
});

test("long work shows a bar, which is gone at the end", async (dir) => {
  await prepareStored(dir);
  await using terminal = new Terminal(dir, "$CLI verify; echo then $?");
  await terminal.until(/verify .*\d+%.* of 800 MB .*\/s .*left/);
  const { shown } = await terminal.end();
  const summary = "1 artifact, 800 MB: 0 damaged, 0 left over";
  assert.deepEqual(screen(shown), [summary, "then 0"]);
  assert.ok(shown.lastIndexOf("\u001b[?25h") > shown.lastIndexOf("\u001b[?25l"), "the cursor");
});

const INTERRUPTED = "chachaml: interrupted; the command was aborted";

/** Starts long work, types Ctrl-C once it is under way, and expects one line. */
async function interrupt(dir: string, words: string): Promise<void> {
  await using terminal = new Terminal(dir, words);
  await terminal.until(/\d+%/);
  await terminal.type("\x03");
  const { code, shown } = await terminal.end();
  assert.equal(code, 130, shown);
  // The terminal itself shows the key as ^C, where the cursor is.
  const lines = screen(shown).map((line) => line.replace(/^\^C/, ""));
  assert.deepEqual(lines.filter((line) => line !== ""), [INTERRUPTED]);
}

test("Ctrl-C gives up put, and leaves nothing half-done", async (dir) => {
  await prepare(dir);
  await interrupt(dir, "exec $CLI put r long.bin");
  await assertWhole(dir, 0);
});

test("Ctrl-C gives up get, export, backup and import, and leaves nothing half-done", async (dir) => {
  await prepareStored(dir);
  await interrupt(dir, "exec $CLI get r long.bin got.bin");
  await interrupt(dir, "exec $CLI export r --output run.tar");
  await interrupt(dir, "exec $CLI backup saved");
  const left = [...Deno.readDirSync(dir)].map(({ name }) => name)
    .filter((name) => !/^\.?t/.test(name) && name !== "saved");
  assert.deepEqual(left, []);
  {
    await using store = await openIn(dir);
    await Deno.writeFile(join(dir, "run.tar"), store.export(["r"]));
  }
  await interrupt(dir, "exec $CLI import run.tar --new-ids");
  await assertWhole(dir, 1);
});

test("a second Ctrl-C ends at once what goes on after the first, and shows the cursor", async (dir) => {
  await using terminal = new Terminal(dir, "exec $CHILD");
  await terminal.until(/ready/);
  await terminal.type("\x03");
  await terminal.until(/once/);
  await terminal.type("\x03");
  const { code, shown } = await terminal.end();
  assert.equal(code, 130, shown);
  assert.ok(shown.lastIndexOf("\u001b[?25h") > shown.lastIndexOf("\u001b[?25l"));
});

test("rm of a run is asked about, and done after y alone", async (dir) => {
  await prepare(dir);
  for (const [answer, code, runs] of [["n", 2, 1], ["", 2, 1], ["y", 0, 0]] as const) {
    await using terminal = new Terminal(dir, "exec $CLI rm r");
    await terminal.until(/This removes the run r \(default\) with 0 artifacts\. \[y\/N\] /);
    await terminal.type(`${answer}\r`);
    const outcome = await terminal.end();
    assert.equal(outcome.code, code, outcome.shown);
    await using store = await openIn(dir);
    assert.equal((await store.runs.list()).length, runs);
  }
});

test("Ctrl-C ends the program that exec runs, which is recorded", async (dir) => {
  await using terminal = new Terminal(dir, "exec $CLI exec --quiet sh -c 'echo ready; sleep 30'");
  await terminal.until(/ready/);
  await terminal.type("\x03");
  assert.equal((await terminal.end()).code, 130);
  await using store = await openIn(dir);
  const [run] = await store.runs.list();
  assert.deepEqual([run!.status, run!.error], ["failed", "killed by SIGINT"]);
  assert.deepEqual((await store.artifacts.list(run!.id)).map(({ name }) => name), ["stdout.log"]);
});
