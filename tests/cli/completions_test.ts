/** The completion scripts, asked by the shells that they are for. */
import assert from "node:assert/strict";
import { fromFileUrl, join } from "@std/path";
import { chachaml, fails, ok } from "../support/cli_helpers.ts";
import { childFlags, inTempDir } from "../support/helpers.ts";
import { versionOf } from "../support/programs.ts";

const CLI = fromFileUrl(new URL("../../cli.ts", import.meta.url));

/** A store with the run `run-1`, artifacts of odd names, an experiment and a model; and files. */
async function prepare(dir: string): Promise<void> {
  await ok(dir, ["start", "--id", "run-1", "--experiment", "my exp"]);
  for (const name of ["my file.txt", "größe@α=1.txt", "it's $HOME `x`"]) {
    await ok(dir, ["put", "run-1", "-", "--as", name], { stdin: "x" });
  }
  await ok(dir, ["log", "run-1", "loss=1"]);
  await ok(dir, ["register", "iris", "run-1", "my file.txt"]);
  await Deno.writeTextFile(join(dir, "local file.txt"), "");
}

/** Makes a program `chachaml` in `dir`; gives the environment in which it is found there. */
async function install(dir: string): Promise<Record<string, string>> {
  const call = [Deno.execPath(), "run", "-A", "--quiet", "--no-prompt", ...childFlags(), CLI];
  const script = `#!/bin/sh\nexec ${call.map((word) => `'${word}'`).join(" ")} "$@"\n`;
  await Deno.mkdir(join(dir, "bin"));
  await Deno.writeTextFile(join(dir, "bin/chachaml"), script, { mode: 0o755 });
  return {
    PATH: `${join(dir, "bin")}:${Deno.env.get("PATH")}`,
    HOME: dir,
    ZDOTDIR: dir,
    LC_ALL: "C.UTF-8",
    CHACHAML_DB: join(dir, "cli.db"),
  };
}

/** What is offered behind some words, in process. */
async function offered(dir: string, ...words: string[]): Promise<string[]> {
  return (await ok(dir, ["__complete", "--", ...words])).split("\n").filter((word) => word !== "");
}

Deno.test("completions offer what can stand there", async () => {
  await inTempDir(async (dir) => {
    await prepare(dir);
    const all = await offered(dir, "");
    assert.ok(all.includes("start") && !all.includes("__complete"));
    const cases: [words: string[], expected: string[]][] = [
      [["sh"], ["show"]],
      [["--json", "sh"], ["show"]],
      [["show", ""], ["run-1", "@last", "@run"]],
      [["compare", "run-1", "@"], ["@last", "@run"]],
      [["cat", "@last", "my"], ["my file.txt"]],
      [["cat", "run", "g"], ["größe@α=1.txt"]],
      [["cat", "--db", join(dir, "none.db"), "run-1", ""], []],
      [[`--db=${join(dir, "none.db")}`, "show", ""], []],
      [["cat", "--", "run-1", "my"], ["my file.txt"]],
      [["put", "run-1", "x"], [":files"]],
      [["put", "run-1", "x", "--if-exists", "s"], ["same"]],
      [["put", "--if-exists=s"], ["--if-exists=same"]],
      [["runs", "--experiment", ""], ["my exp"]],
      [["runs", "--st"], ["--status"]],
      [["--db", ""], [":files"]],
      [["models", ""], ["iris"]],
      [["promote", "iris", ""], ["1"]],
      [["promote", "iris", "1", "a"], ["archived"]],
      [["register", "iris", "run-1", "my"], ["my file.txt"]],
      [["exec", "--lines", "py"], [":program 2"]],
      [["exec", "-e", "x", "--", "python", "--l"], [":program 4"]],
      [["runs", "-e", ""], ["my exp"]],
      [["runs", "--metric", "lo"], ["loss"]],
      [["completions", "z"], ["zsh"]],
      [["gc", ""], []],
    ];
    for (const [words, expected] of cases) {
      assert.deepEqual(await offered(dir, ...words), expected, words.join(" "));
    }
  });
});

Deno.test("completions without a store offer no runs, and make none", async () => {
  await inTempDir(async (dir) => {
    assert.deepEqual(await offered(dir, "show", ""), []);
    assert.deepEqual([...Deno.readDirSync(dir)], []);
    await fails(dir, ["completions", "tcsh"], 2, /bash, zsh, fish, not "tcsh"/);
    assert.equal((await chachaml(dir, ["__complete"])).code, 0);
  });
});

/** What is typed, and what the line is after Tab; all of it is to be unique. */
const LINES: [typed: string, completed: string][] = [
  ["chachaml sho", "chachaml show "],
  ["chachaml show @l", "chachaml show @last "],
  ["chachaml cat @last my", "chachaml cat @last my\\ file.txt "],
  ["chachaml cat run-1 'my f", "chachaml cat run-1 'my file.txt' "],
  ["chachaml cat run-1 größe@α=", "chachaml cat run-1 größe@α=1.txt "],
  ["chachaml cat run-1 it", "chachaml cat run-1 it\\'s\\ \\$HOME\\ \\`x\\` "],
  ["chachaml runs --status=f", "chachaml runs --status=failed "],
  ["chachaml put run-1 loc", "chachaml put run-1 local\\ file.txt "],
  ["chachaml backup --db=cli.d", "chachaml backup --db=cli.db "],
  ["chachaml exec --name=a -- cat loc", "chachaml exec --name=a -- cat local\\ file.txt "],
];

/** Declares a test that needs a shell; without it, it is skipped and says so. */
async function testWithShell(
  shell: string,
  work: (dir: string, env: Record<string, string>) => Promise<void>,
): Promise<void> {
  const name = `completions work in ${shell}`;
  const missing = await Promise.all(
    [shell, "script"].map(async (program) =>
      await versionOf(program) === undefined ? [program] : []
    ),
  ).then((programs) => programs.flat());
  if (missing.length > 0) {
    Deno.test.ignore(`${name} (skipped: there is no ${missing.join(" and no ")})`, () => {});
    return;
  }
  Deno.test(name, () =>
    inTempDir(async (dir) => {
      await prepare(dir);
      await work(dir, await install(dir));
    }));
}

/**
 * Types into a shell of its own terminal: each line, Tab, and, at its beginning, the word `saw`, which
 * writes what follows it to a file, as the shell has it on its line.
 */
async function typeInto(
  dir: string,
  env: Record<string, string>,
  shell: string,
  lines: readonly string[],
): Promise<string[]> {
  const child = new Deno.Command("script", {
    args: ["-qfec", `stty cols 300; exec ${shell}`, "/dev/null"],
    env: { TERM: "xterm", SHELL: "/bin/sh", ...env },
    cwd: dir,
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const shown = drain(child.stdout);
  const writer = child.stdin.getWriter();
  const type = (keys: string) => writer.write(new TextEncoder().encode(keys));
  const seen: string[] = [];
  try {
    await shown.until("READY> ");
    for (const line of lines) {
      // Tab first; then ^X, which the shell has been told to answer with the line as it is.
      await type(`\x15${line}\t\x18`);
      seen.push((await shown.until("<<END")).split("LINE>>").at(-1)!.split("<<END")[0]!);
    }
    await type("\x15exit\r");
    await child.status;
  } finally {
    try {
      child.kill("SIGKILL");
    } catch {
      // It has ended.
    }
    await writer.close().catch(() => {});
    await child.status;
    await shown.end;
  }
  return seen;
}

/** Reads a stream; `until` gives what has come up to some text, and forgets it. */
function drain(stream: ReadableStream<Uint8Array>) {
  let text = "";
  let ended = false;
  let tell: () => void = () => {};
  const end = (async () => {
    for await (const part of stream.pipeThrough(new TextDecoderStream())) {
      text += part;
      tell();
    }
    ended = true;
    tell();
  })();
  const until = async (what: string): Promise<string> => {
    while (!text.includes(what)) {
      assert.ok(!ended, `ended without ${what}: ${text}`);
      await new Promise<void>((resolve) => tell = resolve);
    }
    const at = text.indexOf(what) + what.length;
    const taken = text.slice(0, at);
    text = text.slice(at);
    return taken;
  };
  return { until, end };
}

await testWithShell("bash", async (dir, env) => {
  await Deno.writeTextFile(
    join(dir, "rc"),
    `source <(chachaml completions bash)
saw() { printf 'LINE>>%s<<END' "$READLINE_LINE"; }
bind -x '"\\C-x": saw'
bind 'set enable-bracketed-paste off'
PS1='READY> '
`,
  );
  const lines = await typeInto(
    dir,
    env,
    `bash --noprofile --rcfile '${join(dir, "rc")}'`,
    LINES.map(([typed]) => typed),
  );
  assert.deepEqual(lines, LINES.map(([, completed]) => completed));
});

await testWithShell("zsh", async (dir, env) => {
  await Deno.writeTextFile(
    join(dir, ".zshrc"),
    `autoload -Uz compinit; compinit -u
source <(chachaml completions zsh)
saw() { printf 'LINE>>%s<<END' "$BUFFER"; }
zle -N saw
bindkey '^X' saw
bindkey '^U' kill-whole-line
KEYTIMEOUT=1
PROMPT='READY> '
unset zle_bracketed_paste
`,
  );
  const lines = await typeInto(dir, env, "zsh -d", LINES.map(([typed]) => typed));
  assert.deepEqual(lines, LINES.map(([, completed]) => completed));
});

await testWithShell("fish", async (dir, env) => {
  // Fish gives the word alone, without the quotes that it will add.
  const words = [
    "show",
    "@last",
    "my file.txt",
    "my file.txt",
    "größe@α=1.txt",
    "it's $HOME `x`",
    "--status=failed",
    "local file.txt",
    "--db=cli.db",
    "local file.txt",
  ];
  const command = new Deno.Command("fish", {
    args: [
      "--no-config",
      "-c",
      "chachaml completions fish | source; for line in $argv; complete -C $line; echo ==; end",
      ...LINES.map(([typed]) => typed),
    ],
    env,
    cwd: dir,
  });
  const { stdout } = await command.output();
  const found = new TextDecoder().decode(stdout).split("==\n").slice(0, -1);
  assert.deepEqual(found.map((part) => part.trimEnd().replace(/\t.*/, "")), words);
});
