import type { JsonValue } from "../../artifacts/put_source.ts";
import type { RunHandle } from "../../runs/run_handle.ts";
import type { Store } from "../../store/store.ts";
import { printable } from "../../text/format.ts";
import type { Io } from "../io.ts";
import { LoggedLines } from "../logged_lines.ts";
import { runProgram } from "../child_process.ts";
import { storeFiles } from "../run_files.ts";
import { parseJson, splitPair } from "../values.ts";
import { type Call, type CommandSpec, UsageError } from "../command.ts";

export const exec: CommandSpec = {
  args: "<command> [argument...]",
  options: [
    {
      name: "experiment",
      short: "e",
      value: "name",
      complete: "experiment",
      summary: "What the run belongs to (default: default)",
    },
    { name: "name", short: "n", value: "text", summary: "Its name for people" },
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
    if (options.all("artifact").includes("")) throw new UsageError("--artifact names nothing");
    const params = Object.fromEntries(
      options.all("param").map((pair): [string, JsonValue | bigint] => {
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
      await run.end({ error }).catch(() => {}); // What went wrong first is what counts.
      throw error;
    }
  },
};

async function work(run: RunHandle, store: Store, call: Call): Promise<number> {
  const { args, options, json, io, say } = call;
  const log = options.has("lines") ? new LoggedLines(run) : undefined;
  const ended = await runProgram(run, args, {
    env: {
      CHACHAML_RUN: run.id,
      CHACHAML_DB: store.path!,
      CHACHAML_ARTIFACT_DIR: store.artifactDir,
    },
    stdout: json ? toStderr(io) : io.stdout,
    stderr: toStderr(io),
    onLine: log && ((line) => log.take(line)),
  });
  const problems = [...log?.problems() ?? [], ...ended.problems.map(({ message }) => message)];
  // The program has ended: from here on, Ctrl-C is meant for us.
  const signal = io.interrupted?.();
  for (const pattern of options.all("artifact")) {
    problems.push(...await storeFiles(run, store, pattern, signal));
  }
  const { code, error } = ended;
  // The program may have ended its own run, or removed it.
  const info = await run.end(error === undefined ? {} : { error }).catch((failure) => {
    problems.push((failure as Error).message);
    return run.info;
  });
  for (const problem of problems) await io.stderr(`chachaml: ${printable(problem)}\n`);
  await say(`run ${run.id} ${info.status}${error === undefined ? "" : `: ${error}`}\n`);
  if (json) await json({ run: info, code, problems });
  // What the program says of itself counts; only where that is success, ours does.
  return code === 0 && problems.length > 0 ? 1 : code;
}

/** Passes on what a program prints; as bytes where that can be, as they need not be text. */
function toStderr(io: Io): (chunk: Uint8Array) => Promise<void> {
  const decoder = new TextDecoder();
  return io.stderrBytes ?? ((chunk) => io.stderr(decoder.decode(chunk, { stream: true })));
}
