import type { JsonValue } from "../../artifacts/put_source.ts";
import { parseInteger, parseJson, parseMetric, splitPair } from "../values.ts";
import { type CommandSpec, UsageError } from "../command.ts";

export const log: CommandSpec = {
  args: "<run> [metric...]",
  options: [
    { name: "step", value: "n", summary: "Step that the metrics belong to (default: 0)" },
    { name: "param", value: "pair", repeats: true, summary: "Param, as key=value" },
    { name: "tag", value: "pair", repeats: true, summary: "Label, as key=value" },
    { name: "note", value: "text", summary: "Note, in Markdown" },
  ],
  examples: [
    ["Two metrics", "chachaml log $RUN loss=0.31 accuracy=0.92 --step 4"],
    [
      "Params: numbers, lists and words",
      "chachaml log $RUN --param lr=0.1 --param 'layers=[64,10]'",
    ],
  ],
  run: async ({ args: [ref, ...words], options, open, runId }) => {
    const metrics = Object.fromEntries(words.map((word) => {
      const [key, text] = splitPair("a metric", word);
      return [key, parseMetric(key, text)];
    }));
    const params = Object.fromEntries(
      options.all("param").map((pair): [string, JsonValue | bigint] => {
        const [key, text] = splitPair("--param", pair);
        return [key, parseJson(text)];
      }),
    );
    const note = options.get("note");
    const tags = {
      ...Object.fromEntries(options.all("tag").map((pair) => splitPair("--tag", pair))),
      ...(note !== undefined && { note }),
    };
    const step = options.get("step");
    const at = step === undefined ? {} : { step: parseInteger("step", step) };
    if ([metrics, params, tags].every((what) => Object.keys(what).length === 0)) {
      throw new UsageError("nothing to log: give metrics as key=value, --param, --tag or --note");
    }
    const store = await open("write");
    const run = await runId(store, ref!);
    // What can be refused comes first.
    if (Object.keys(params).length > 0) await store.runs.logParams(run, params);
    if (Object.keys(metrics).length > 0) await store.metrics.log(run, metrics, at);
    if (Object.keys(tags).length > 0) await store.runs.setTags(run, tags);
  },
};
