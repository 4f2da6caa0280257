import { relative } from "@std/path";
import { expandGlob } from "@std/fs";
import type { JsonValue } from "../../artifacts/put_source.ts";
import { isBelow } from "../../path.ts";
import type { ActiveRun } from "../../runs/active_run.ts";
import type { Store } from "../../store.ts";
import { printable, toJson } from "../format.ts";
import { runProgram } from "../program.ts";
import { parseJson, parseMetric, splitPair } from "../values.ts";
import type { Call, Verb } from "../verb.ts";

export const exec: Verb = {
  name: "exec",
  summary: "Run any program as a run: its output, exit status and files are kept",
  args: "<command> [argument...]",
  options: [
    { name: "experiment", value: "name", summary: "What the run belongs to (default: default)" },
    { name: "name", value: "text", summary: "Its name for people" },
    { name: "param", value: "pair", repeats: true, summary: "Param, as key=value" },
    { name: "tag", value: "pair", repeats: true, summary: "Label, as key=value" },
    { name: "artifact", value: "glob", repeats: true, summary: "Files to store at the end" },
    { name: "lines", summary: "Log lines ::metric name value [step] and ::param name value" },
  ],
  examples: [
    [
      "A training in Python",
      "chachaml exec --param lr=0.1 --artifact 'out/**' -- python train.py --lr 0.1",
    ],
    [
      "A script that logs by printing",
      "chachaml exec --lines -- sh -c 'echo ::metric loss 0.3 1'",
    ],
  ],
  leavesRest: true,
  run: async (call) => {
    const { args, options, open, say } = call;
    const [experiment, name] = ["experiment", "name"].map(options.get);
    const params = Object.fromEntries(
      options.all("param").map((pair): [string, JsonValue] => {
        const [key, text] = splitPair("--param", pair);
        return [key, parseJson(text)];
      }),
    );
    const tags = Object.fromEntries(options.all("tag").map((pair) => splitPair("--tag", pair)));
    const store = await open("create");
    const run = await store.startRun({
      ...(experiment !== undefined && { experiment }),
      ...(name !== undefined && { name }),
      tags: { command: args.join(" "), ...tags },
    });
    await say(`run ${run.id}\n`);
    try {
      await run.logParams(params);
      return await work(run, store, call);
    } catch (error) {
      await run.end({ error });
      throw error;
    }
  },
};

async function work(run: ActiveRun, store: Store, call: Call): Promise<number> {
  const { args, options, io, say } = call;
  const problems: string[] = [];
  const words = new TextDecoder();
  const toStderr = (chunk: Uint8Array) => io.stderr(words.decode(chunk, { stream: true }));
  const pending: Promise<void>[] = [];
  const ended = await runProgram(run, args, {
    env: {
      CHACHAML_RUN: run.id,
      CHACHAML_DB: store.path!,
      CHACHAML_ARTIFACT_DIR: store.artifactDir,
    },
    stdout: options.has("json") ? toStderr : (chunk) => io.stdout(chunk),
    stderr: toStderr,
    onLine: options.has("lines")
      ? (line) =>
        pending.push(logLine(run, line).catch((error) => void problems.push(error.message)))
      : undefined,
  });
  await Promise.all(pending);
  problems.push(...ended.problems.map(({ message }) => message));
  for (const pattern of options.all("artifact")) {
    problems.push(...await storeFiles(run, store, pattern));
  }
  const { code, error } = ended;
  const info = await run.end(error === undefined ? {} : { error });
  for (const problem of problems) await io.stderr(`chachaml: ${printable(problem)}\n`);
  await say(`run ${run.id} ${info.status}${error === undefined ? "" : `: ${error}`}\n`);
  if (options.has("json")) await io.stdout(toJson({ run: info, code, problems }) + "\n");
  // What the program says of itself counts; only where that is success, ours does.
  return code === 0 && problems.length > 0 ? 1 : code;
}

/** Logs what a line says, if it says anything. */
async function logLine(run: ActiveRun, line: string): Promise<void> {
  const [word, name, value, ...rest] = line.split(/\s+/);
  if (word === "::param" && name !== undefined && value !== undefined) {
    const text = line.slice(line.indexOf(value, line.indexOf(name) + name.length));
    await run.logParams({ [name]: parseJson(text) });
  }
  if (word !== "::metric" || name === undefined || value === undefined) return;
  const step = Number(rest[0] ?? 0);
  run.log({ [name]: parseMetric(name, value) }, { step });
}

/** Stores the files that a pattern fits, by their paths below the working directory. */
async function storeFiles(run: ActiveRun, store: Store, pattern: string): Promise<string[]> {
  const problems: string[] = [];
  const root = Deno.cwd();
  let found = 0;
  for await (const { path, name, isFile } of expandGlob(pattern, { root, includeDirs: false })) {
    // The store itself may lie there, too.
    if (!isFile || path.startsWith(store.path!) || isBelow(path, store.artifactDir)) continue;
    found++;
    try {
      const inside = isBelow(path, root) ? relative(root, path).replaceAll("\\", "/") : name;
      await run.putFile(inside, path, { ifExists: "same" });
    } catch (error) {
      problems.push((error as Error).message);
    }
  }
  if (found === 0) problems.push(`no file fits ${JSON.stringify(pattern)}`);
  return problems;
}
