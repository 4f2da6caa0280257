import { artifactDirOf } from "../../context/location.ts";
import { isRemote, isServer } from "../../context/place.ts";
import type { RunQuery } from "../../metadata/run_query.ts";
import { count, formatBytes, printable } from "../../text/format.ts";
import { parseDuration } from "../duration.ts";
import { type CommandSpec, type Options, UsageError } from "../command.ts";

export const copy: CommandSpec = {
  args: "<from> <to>",
  network: true,
  options: [
    {
      name: "from-artifacts",
      value: "place",
      summary: "Artifact directory or bucket of <from> (default: beside a database file)",
    },
    {
      name: "to-artifacts",
      value: "place",
      summary: "Artifact directory or bucket of <to> (default: beside a database file)",
    },
    {
      name: "experiment",
      short: "e",
      value: "name",
      complete: "experiment",
      summary: "Only runs of this experiment",
    },
    { name: "since", value: "duration", summary: "Only runs that started within it, such as 30d" },
  ],
  examples: [
    [
      "From one machine to a team's servers",
      "chachaml copy chachaml.db postgres://db/ml --to-artifacts s3://models",
    ],
    ["One experiment to another directory", "chachaml copy chachaml.db iris.db -e iris"],
  ],
  run: async ({ args: [from, to], options, io, open, json, say }) => {
    const source = await open("read", placeOf(from!, "from-artifacts", options));
    const target = await open("create", placeOf(to!, "to-artifacts", options));
    const signal = io.interrupted?.();
    const report = await source.copyTo(target, { runs: queryOf(options), signal });
    for (const { error } of report.failed) {
      await io.stderr(`not copied: ${printable(error.message)}\n`);
    }
    if (json) {
      const failed = report.failed.map(({ runId, error }) => ({ runId, error: error.message }));
      await json({ ...report, failed });
    } else {
      const { copied, updated, existing, artifacts, bytes } = report;
      await say(
        `${count(copied, "run")} copied, ${updated} updated, ${count(artifacts, "artifact")}, ` +
          `${formatBytes(bytes)}; ${existing} already existed\n`,
      );
    }
    return report.failed.length > 0 ? 1 : 0;
  },
};

/** A store by its database; the artifacts of one on a server have to be named. */
function placeOf(path: string, option: string, options: Options) {
  const named = options.get(option);
  // `chachaml serve` has the artifacts too.
  if (isServer(path)) return { path, ...(named !== undefined && { artifactDir: named }) };
  const artifactDir = named ?? (isRemote({ path }) ? undefined : artifactDirOf(path));
  if (artifactDir !== undefined) return { path, artifactDir };
  throw new UsageError(`--${option} says where the artifacts of a database server are`);
}

function queryOf(options: Options): RunQuery {
  const [experiment, since] = ["experiment", "since"].map(options.get);
  return {
    ...(experiment !== undefined && { experiment }),
    ...(since !== undefined && { since: new Date(Date.now() - parseDuration("since", since)) }),
  };
}
