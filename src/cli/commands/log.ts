import { RunStateError } from "../../base/errors.ts";
import { nearNames } from "../../base/near_names.ts";
import type { Store } from "../../store/store.ts";
import { count, printable } from "../../text/format.ts";
import { OutputLines } from "../exec/output_lines.ts";
import { type LineTarget, LoggedLines } from "../logged_lines.ts";
import { parseInteger, parseMetric, parseParams, parseTags, splitPair } from "../values.ts";
import { type Call, type CommandSpec, UsageError } from "../command.ts";

export const log: CommandSpec = {
  args: "<run> [metric...]",
  options: [
    { name: "step", value: "n", summary: "Step of the metrics (default: 0)" },
    { name: "param", value: "pair", repeats: true, summary: "Param, as key=value" },
    { name: "tag", value: "pair", repeats: true, summary: "Tag, as key=value" },
    { name: "untag", value: "key", repeats: true, summary: "Remove a tag" },
    { name: "note", value: "text", summary: "Note, in Markdown" },
    {
      name: "force",
      short: "f",
      summary: "Correct params that have another value; the former values are kept as tags",
    },
  ],
  examples: [
    ["Two metrics", "chachaml log $RUN loss=0.31 accuracy=0.92 --step 4"],
    [
      "Params: numbers, lists and words",
      "chachaml log $RUN --param lr=0.1 --param 'layers=[64,10]'",
    ],
    ["A tag of several runs", "chachaml log $RUN1 $RUN2 --tag reviewed=yes"],
    ["Correct a param that was logged wrongly", "chachaml log $RUN --param lr=0.01 --force"],
    ["Log commands in the output of another program", "python train.py | chachaml log $RUN -"],
  ],
  run: async (call) => {
    const { args: [first, ...words], options, io, open, say, json, runId } = call;
    // A metric contains an equals sign, a run reference does not.
    const pairs = words.filter((word) => word.includes("="));
    const others = words.filter((word) => !word.includes("=") && word !== "-");
    const metrics = Object.fromEntries(pairs.map((word) => {
      const [key, text] = splitPair("a metric", word);
      return [key, parseMetric(key, text)];
    }));
    const params = parseParams(options.all("param"));
    const note = options.get("note");
    const tags: Record<string, string | null> = {
      ...parseTags(options.all("tag")),
      ...(note !== undefined && { note }),
    };
    const removed = new Set(options.all("untag"));
    for (const key of removed) {
      if (Object.hasOwn(tags, key)) {
        throw new UsageError(`tag ${JSON.stringify(key)} is both set and removed`);
      }
      tags[key] = null;
    }
    const force = options.has("force");
    if (force && Object.keys(params).length === 0) {
      throw new UsageError("--force changes params; give one with --param key=value");
    }
    const step = options.get("step");
    const at = step === undefined ? {} : { step: parseInteger("step", step) };
    const fromInput = words.includes("-");
    const amounts = [metrics, params, tags].map((what) => Object.keys(what).length);
    if (!fromInput && amounts.every((amount) => amount === 0)) {
      throw new UsageError(
        "nothing to log: give metrics as key=value, --param, --tag, --untag or --note, or - for lines",
      );
    }
    const store = await open("write");
    const runs: string[] = [];
    for (const ref of [first!, ...others]) runs.push(await runId(store, ref));
    if (removed.size > 0) await requireTags(store, runs, removed);
    for (const run of runs) {
      // Params first, because they can be rejected.
      if (amounts[1]! > 0) await store.runs.logParams(run, params, { force });
      if (amounts[0]! > 0) await store.metrics.log(run, metrics, at);
      if (amounts[2]! > 0) await store.runs.setTags(run, tags);
    }
    const kept = [amounts[0]!, amounts[1]!, amounts[2]! - removed.size];
    const logged = kept.map((amount, kind) =>
      amount === 0 ? "" : count(amount, ["metric", "param", "tag"][kind]!)
    ).filter((words) => words !== "").join(", ");
    if (logged !== "") await say(`logged ${logged} to ${runs.join(", ")}\n`);
    if (removed.size > 0) {
      await say(`removed ${count(removed.size, "tag")} from ${runs.join(", ")}\n`);
    }
    const lines = fromInput ? await logInput(call, store, runs) : undefined;
    if (json) await json({ runs, metrics, params, tags, ...(lines && { lines }) });
    if (lines && lines.problems.length > 0) {
      for (const problem of lines.problems) await io.stderr(`chachaml: ${printable(problem)}\n`);
      return 1;
    }
  },
};

/**
 * Checks of each tag that one of the runs has it, before anything is logged.
 *
 * @throws {RunStateError} If none has.
 */
async function requireTags(
  store: Store,
  runs: readonly string[],
  keys: ReadonlySet<string>,
): Promise<void> {
  const names: string[] = [];
  for (const run of runs) names.push(...Object.keys((await store.runs.get(run)).tags));
  for (const key of keys) {
    if (names.includes(key)) continue;
    const [near] = nearNames(key, names);
    const advice = near === undefined ? "" : `; did you mean ${JSON.stringify(near)}?`;
    throw new RunStateError("untag", runs[0]!, `it has no tag ${JSON.stringify(key)}${advice}`);
  }
}

/** Executes log commands in standard input. */
async function logInput(
  { io, say }: Call,
  store: Store,
  runs: readonly string[],
): Promise<{ logged: number; problems: string[] }> {
  const handles = await Promise.all(runs.map((run) => store.run(run)));
  let logged = 0;
  const target: LineTarget = {
    log: (metrics, options) => {
      for (const handle of handles) handle.log(metrics, options);
      logged++;
    },
    logParams: async (params) => {
      for (const handle of handles) await handle.logParams(params);
      logged++;
    },
  };
  const log = new LoggedLines(target);
  const lines = new OutputLines((line) => log.write(line));
  for await (const chunk of io.stdin) await lines.write(chunk);
  await lines.end();
  await store.metrics.flush();
  await say(`logged ${count(logged, "line")} to ${runs.join(", ")}\n`);
  return { logged, problems: log.problems() };
}
