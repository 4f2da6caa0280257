import type { RunHandle } from "../../runs/run_handle.ts";
import type { Store } from "../../store/store.ts";
import { formatBytes, printable } from "../../text/format.ts";
import { describeCall } from "../exec/describe_call.ts";
import { findProgram, ProgramError } from "../exec/find_program.ts";
import { HiddenLines } from "../exec/hidden_lines.ts";
import { KeptOutput } from "../exec/kept_output.ts";
import { OutputLines } from "../exec/output_lines.ts";
import { onTerminal } from "../exec/pseudo_terminal.ts";
import { type OutputTarget, type ProgramEnd, runProgram } from "../exec/run_program.ts";
import { storeDiff } from "../exec/store_diff.ts";
import { storeFiles } from "../exec/store_files.ts";
import { logSystemMetrics, requireSystemMetrics } from "../exec/system_metrics.ts";
import type { Io } from "../io.ts";
import { LoggedLines } from "../logged_lines.ts";
import { parentRun } from "../parent_run.ts";
import { messageOf } from "../wording.ts";
import { parseBytes, parseParams, parseTags } from "../values.ts";
import { type Call, type CommandSpec, UsageError } from "../command.ts";

export const exec: CommandSpec = {
  args: "<command> [argument...]",
  options: [
    {
      name: "experiment",
      short: "e",
      value: "name",
      complete: "experiment",
      summary: "Experiment of the run (default: its parent's, else default)",
    },
    { name: "name", short: "n", value: "text", summary: "Display name" },
    { name: "param", value: "pair", repeats: true, summary: "Param, as key=value" },
    { name: "tag", value: "pair", repeats: true, summary: "Tag, as key=value" },
    {
      name: "parent",
      value: "run",
      summary: "Parent run, or none (default: the run of the enclosing exec)",
    },
    { name: "artifact", value: "glob", repeats: true, summary: "Files to store at the end" },
    { name: "follow-links", summary: "Also store directories that symbolic links lead to" },
    { name: "lines", summary: "Log lines ::metric name value [step] and ::param name value" },
    { name: "stderr-lines", summary: "Also log such lines of standard error" },
    { name: "hide-lines", summary: "Keep such lines off the terminal" },
    { name: "max-output", value: "size", summary: "Keep at most this much output, such as 100MB" },
    { name: "pty", summary: "Run it on a pseudo-terminal, which merges both outputs" },
    { name: "no-wait", summary: "Do not wait for background programs that it leaves" },
    { name: "no-command", summary: "Do not record the command line" },
    { name: "diff", summary: "Store uncommitted changes of the git repository as git.diff" },
    { name: "system-metrics", summary: "Log CPU, memory and GPU use under system/" },
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
    const { args, options, io, open, say, json } = call;
    if (options.all("artifact").includes("")) throw new UsageError("--artifact names nothing");
    const params = parseParams(options.all("param"));
    const tags = parseTags(options.all("tag"));
    const [experiment, name] = ["experiment", "name"].map(options.get);
    const limit = limitOf(call);
    const argv = options.has("pty") ? onTerminal(args) : args;
    requirePermission(args[0]!);
    if (options.has("system-metrics")) requireSystemMetrics();
    let path: string;
    try {
      path = await findProgram(args[0]!, io);
      if (options.has("pty")) await findProgram(argv[0]!, io);
    } catch (error) {
      if (!(error instanceof ProgramError)) throw error;
      // Exit as a shell does. A program that never ran has no run.
      await io.stderr(`chachaml: ${printable(error.message)}\n`);
      if (json) await json({ run: null, code: error.exitCode, problems: [error.message] });
      return error.exitCode;
    }
    const described = await describeCall(args, path, io, {
      withCommand: !options.has("no-command"),
    });
    const { command, user, masked } = described;
    const store = await open("create");
    const parent = await parentRun(store, call);
    const run = await store.startRun({
      experiment: experiment ?? parent?.experiment ?? "default",
      ...(name !== undefined && { name }),
      parentId: parent?.id ?? null,
      ...(user !== undefined && { createdBy: user }),
      environment: described.environment,
      tags: { ...(command !== undefined && { command }), ...tags },
    });
    await say(`run ${run.id}\n`);
    if (masked > 0) await say("secrets on the command line are recorded as ***\n");
    try {
      await run.logParams(params);
      if (options.has("diff")) await storeDiff(run);
      return await work(run, store, call, argv, limit);
    } catch (error) {
      await run.end({ error }).catch(() => {}); // The first error counts.
      if (!(error instanceof ProgramError)) throw error;
      await io.stderr(`chachaml: ${printable(error.message)}\n`);
      await say(`run ${run.id} failed: it could not be started\n`);
      if (json) {
        await json({ run: await run.record(), code: error.exitCode, problems: [error.message] });
      }
      return error.exitCode;
    }
  },
};

function limitOf({ options }: Call): number {
  const text = options.get("max-output");
  return text === undefined ? Infinity : parseBytes("max-output", text);
}

function requirePermission(name: string): void {
  const { state } = Deno.permissions.querySync({ name: "run", command: name });
  if (state === "granted") return;
  throw new UsageError(`exec needs permission to run ${name}: pass --allow-run to deno`);
}

async function work(
  run: RunHandle,
  store: Store,
  call: Call,
  argv: readonly string[],
  limit: number,
): Promise<number> {
  const { options, json, io, say } = call;
  const { ended, problems } = await runAndKeep(run, store, call, argv, limit);
  // The program has ended: from here on, Ctrl-C is handled here.
  const signal = io.interrupted?.();
  for (const pattern of options.all("artifact")) {
    const followLinks = options.has("follow-links");
    const found = await storeFiles(run, store, pattern, { followLinks, signal });
    problems.push(...found.problems);
    for (const note of found.notes) await io.stderr(`chachaml: ${printable(note)}\n`);
  }
  const { code, error } = ended;
  // The program may have ended or removed its own run.
  const info = await run.end(error === undefined ? {} : { error }).catch((failure) => {
    problems.push(messageOf(failure));
    return run.info;
  });
  for (const problem of problems) await io.stderr(`chachaml: ${printable(problem)}\n`);
  await say(`run ${run.id} ${info.status}${error === undefined ? "" : `: ${error}`}\n`);
  if (json) await json({ run: info, code, problems });
  // The program's exit code wins; only if it is 0, other problems count.
  return code === 0 && problems.length > 0 ? 1 : code;
}

/** Runs the program. Resolves once its output is stored. */
async function runAndKeep(
  run: RunHandle,
  store: Store,
  { args, options, json, io, say, place }: Call,
  argv: readonly string[],
  limit: number,
): Promise<{ ended: ProgramEnd; problems: string[] }> {
  const log = options.has("lines") || options.has("stderr-lines") || options.has("hide-lines")
    ? new LoggedLines(run)
    : undefined;
  const onLimit = (name: string) =>
    io.stderr(`chachaml: ${name} has reached ${formatBytes(limit)}; further output is not kept\n`);
  const [out, err] = ["stdout.log", "stderr.log"].map((name) =>
    new KeptOutput(store, run.id, name, { limit, onLimit })
  ) as [KeptOutput, KeptOutput];
  const lines = [
    log && new OutputLines((line) => log.write(line)),
    options.has("stderr-lines") ? new OutputLines((line) => log!.write(line)) : undefined,
  ];
  const passing = [json ? toStderr(io) : io.stdout, toStderr(io)].map((pass, at) =>
    options.has("hide-lines") && lines[at] ? new HiddenLines(pass) : { write: pass, end: undefined }
  );
  const [stdout, stderr] = [out, err].map((kept, at): OutputTarget => ({
    pass: (chunk) => passing[at]!.write(chunk),
    keep: (chunk) => kept.write(chunk),
    look: lines[at] && ((chunk) => lines[at]!.write(chunk)),
  })) as [OutputTarget, OutputTarget];
  let stopMetrics: (() => Promise<void>) | undefined;
  try {
    const ended = await runProgram(argv, {
      env: {
        CHACHAML_RUN: run.id,
        // Absolute, because the program may change its directory. A URL includes its password only
        // here.
        CHACHAML_DB: store.path ?? String(place().path),
        CHACHAML_ARTIFACT_DIR: store.artifactDir ?? String(place().artifactDir),
        // Python buffers its output if it is not a terminal.
        ...(io.env("PYTHONUNBUFFERED") === undefined && { PYTHONUNBUFFERED: "1" }),
      },
      stdout,
      stderr,
      wait: !options.has("no-wait"),
      onWaiting: () =>
        say(
          `${
            args[0]
          } has ended; waiting for programs that it left running and that hold its output ` +
            "(Ctrl-C ends the wait, --no-wait avoids it)\n",
        ),
      onStart: (pid) => {
        if (options.has("system-metrics")) stopMetrics = logSystemMetrics(run, pid);
      },
    });
    for (const each of lines) await each?.end();
    for (const each of passing) await each.end?.().catch(() => {}); // The reader may have closed it.
    const kept = [await out.end(), await err.end()].filter((problem) => problem !== undefined);
    await tagCut(run, { "stdout.log": out, "stderr.log": err });
    const messages = [...ended.problems, ...kept].map(messageOf);
    return { ended, problems: [...log?.problems() ?? [], ...messages] };
  } finally {
    await stopMetrics?.();
  }
}

/** Tags the run with the truncated outputs, which the logs themselves do not show. */
async function tagCut(run: RunHandle, outputs: Record<string, KeptOutput>): Promise<void> {
  const names = Object.entries(outputs).filter(([, { isCut }]) => isCut).map(([name]) => name);
  if (names.length > 0) await run.setTags({ "output-cut": names.join(", ") });
}

/**
 * Returns a function that passes output through, as bytes if possible, because it may not be text.
 */
function toStderr(io: Io): (chunk: Uint8Array) => Promise<void> {
  const decoder = new TextDecoder();
  return io.stderrBytes ?? ((chunk) => io.stderr(decoder.decode(chunk, { stream: true })));
}
