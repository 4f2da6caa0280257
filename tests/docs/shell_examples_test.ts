/**
 * The shell examples of the pages run as they stand: by an ordinary user, with umask 077, in an
 * environment that has nothing set.
 */
import assert from "node:assert/strict";
import { blocksOf, type User, withUser } from "../support/examples.ts";
import { firstMissing } from "../support/programs.ts";
import { RUN } from "./run_blocks.ts";

/** The examples of a page. */
interface Page {
  /** What they take for granted. */
  readonly before: string;
  /** Whether each block begins with what `before` has left, not with what the ones before it have. */
  readonly apart?: boolean;
}

/** Programs that the examples name, and not every machine has. */
const PROGRAMS = `
  mkdir -p "$HOME/bin"
  program() { printf '#!/bin/sh\\n%s\\n' "$2" > "$HOME/bin/$1"; chmod +x "$HOME/bin/$1"; }
  program python 'echo ::metric loss 0.3 1'
  program nvidia-smi 'echo GPU'
  program ssh 'shift; mkdir -p "$HOME/there"; cd "$HOME/there"; exec "$@"'
  program deno ''
  program less cat
  program man 'cat > /dev/null'`;

const PAGES: Readonly<Record<string, Page>> = {
  "README.md": {
    before: `
      mkdir -p out plots; echo weights | tee out/model.onnx > model.onnx; echo picture > plots/roc.txt
      for id in 3f2a0000 91c00000; do
        chachaml start --id $id; chachaml log $id loss=0.4; chachaml end $id
      done`,
  },
  "docs/operators.md": {
    before: `
      run=$(chachaml start --experiment iris)
      echo weights > model.onnx
      chachaml put "$run" model.onnx && chachaml end "$run"`,
  },
  "docs/cli.md": {
    apart: true,
    before: `
      mkdir -p out data plots models snapshots/blobs snapshots/main \\
        "$HOME/.local/share/man/man1" "$HOME/there" "$HOME/data"
      echo weights | tee out/model.onnx model.onnx snapshots/blobs/1 > data/part.bin
      echo picture | tee out/fig1.png > plots/roc.png
      ln -s ../blobs/1 snapshots/main/model.bin
      chachaml start --id empty
      for id in run-1 run-2 run-3 run-4 3f2a0000; do
        chachaml start --id $id --experiment iris
        chachaml log $id loss=0.4 val/loss=0.5 accuracy=0.92 --step 1 --param lr=0.1
        chachaml put $id model.onnx plots
      done
      chachaml rename run-2 baseline
      chachaml put run-1 model.onnx --as checkpoints/01.pt
      echo '{ "loss": 0.4 }' > metrics.json; chachaml put run-1 metrics.json
      for version in 1 2 3; do chachaml register iris run-2 model.onnx; done
      chachaml promote iris 2
      chachaml register iris-classifier run-2 model.onnx
      chachaml end 3f2a; chachaml archive 3f2a
      chachaml exec --experiment iris --lines -- python train.py
      chachaml log @last val/loss=0.5 --step 1
      chachaml put @last model.onnx
      chachaml backup "$HOME/mnt/backup/work"
      chachaml start --db "$HOME/data/team.db"
      (cd "$HOME/there"; chachaml start --id other; chachaml end other
        chachaml export other --output run.tar.gz)
      cp -a "$HOME/project" "$HOME/prepared"`,
  },
};

/** What some blocks of docs/cli.md take for granted beside that. */
const PRELUDES: readonly (readonly [RegExp, string])[] = [
  [/put \$RUN/, "RUN=empty"],
  [/put \$RUN \./, "rm snapshots/main/*"],
  [/import run\.tar/, "chachaml export run-3 --output run.tar"],
  [/completions zsh/, "autoload -U compinit && compinit -u"],
];

/** The shell that a block is for. */
function shellOf(block: string): string {
  return /completions (zsh|fish)/.exec(block)?.[1] ?? "bash";
}

/** Why a script failed; `undefined` if it did not. */
async function failure(
  user: User,
  shell: string,
  script: string,
): Promise<string | undefined> {
  const { success, stdout, stderr } = await user.run(shell, script);
  if (success) return undefined;
  return [script, ...[stdout, stderr].map((bytes) => new TextDecoder().decode(bytes))].join("\n");
}

/** Runs blocks, each in the directory as it has been prepared. */
async function runApart(user: User, blocks: readonly string[]): Promise<(string | undefined)[]> {
  const failures: (string | undefined)[] = [];
  for (const block of blocks) {
    const shell = shellOf(block);
    if (await firstMissing(shell) !== undefined) continue;
    const again = 'cd "$HOME"; rm -rf project; cp -a prepared project';
    const preludes = PRELUDES.filter(([pattern]) => pattern.test(block)).map(([, prelude]) =>
      prelude
    );
    const names = shell === "fish" ? [] : ["set -e; RUN=run-1; RUN1=run-3; RUN2=run-4"];
    failures.push(
      await failure(user, "sh", again),
      await failure(user, shell, [...names, ...preludes, block].join("\n")),
    );
  }
  return failures;
}

for (const [path, { before, apart = false }] of Object.entries(PAGES)) {
  Deno.test(`the shell examples of ${path} run for an ordinary user in an empty environment`, () =>
    withUser(async (user) => {
      // The places of a machine are those of the user here.
      const blocks = (await blocksOf(path, "sh")).filter((block) => RUN[path]!.test(block))
        .map((block) => block.replaceAll(/\/(mnt\/backup|data)\//g, `${user.home}/$1/`));
      assert.ok(blocks.length > 0, "no example is found");
      const begin = await failure(user, "bash", `set -eu\n${PROGRAMS}\n${before}`);
      assert.equal(begin, undefined);
      const failures = apart
        ? await runApart(user, blocks)
        : [await failure(user, "bash", ["set -eu", ...blocks].join("\n"))];
      assert.deepEqual(failures.filter((found) => found !== undefined), []);
    }));
}
