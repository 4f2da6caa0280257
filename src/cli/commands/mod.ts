/** All commands, in the order of the help. The module of each is loaded when it is called. */
import { onDemand } from "../../base/on_demand.ts";
import type { CommandEntry, CommandSpec } from "../command.ts";

type Row = readonly [name: string, summary: string, load: () => Promise<CommandSpec>];

const RUNS: readonly Row[] = [
  [
    "start",
    "Start a run and print its id",
    async () => (await import(onDemand("./start.ts")) as typeof import("./start.ts")).start,
  ],
  [
    "end",
    "End runs as completed, or as failed",
    async () => (await import(onDemand("./end.ts")) as typeof import("./end.ts")).end,
  ],
  [
    "exec",
    "Run any program as a run and keep its output, exit status and files",
    async () => (await import(onDemand("./exec.ts")) as typeof import("./exec.ts")).exec,
  ],
  [
    "log",
    "Log metrics, params, tags or a note",
    async () => (await import(onDemand("./log.ts")) as typeof import("./log.ts")).log,
  ],
  [
    "archive",
    "Hide runs until they are unarchived or removed",
    async () => (await import(onDemand("./archive.ts")) as typeof import("./archive.ts")).archive,
  ],
  [
    "unarchive",
    "Show archived runs again",
    async () => (await import(onDemand("./archive.ts")) as typeof import("./archive.ts")).unarchive,
  ],
  [
    "rename",
    "Rename a run, or move it to another experiment",
    async () => (await import(onDemand("./rename.ts")) as typeof import("./rename.ts")).rename,
  ],
  [
    "rm",
    "Remove artifacts, or whole runs",
    async () => (await import(onDemand("./rm.ts")) as typeof import("./rm.ts")).rm,
  ],
  [
    "prune",
    "Remove old runs",
    async () => (await import(onDemand("./prune.ts")) as typeof import("./prune.ts")).prune,
  ],
];

const RESULTS: readonly Row[] = [
  [
    "runs",
    "List runs with their results",
    async () => (await import(onDemand("./runs.ts")) as typeof import("./runs.ts")).runs,
  ],
  [
    "experiments",
    "List the experiments, or describe one",
    async () =>
      (await import(onDemand("./experiments.ts")) as typeof import("./experiments.ts")).experiments,
  ],
  [
    "show",
    "Show everything recorded for a run",
    async () => (await import(onDemand("./show.ts")) as typeof import("./show.ts")).show,
  ],
  [
    "compare",
    "Compare runs side by side",
    async () => (await import(onDemand("./compare.ts")) as typeof import("./compare.ts")).compare,
  ],
  [
    "metrics",
    "Print the points of a run's metrics",
    async () => (await import(onDemand("./metrics.ts")) as typeof import("./metrics.ts")).metrics,
  ],
  [
    "plot",
    "Draw curves of a metric",
    async () => (await import(onDemand("./plot.ts")) as typeof import("./plot.ts")).plot,
  ],
  [
    "report",
    "Write runs as one HTML file, for mail and archives",
    async () => (await import(onDemand("./report.ts")) as typeof import("./report.ts")).report,
  ],
  [
    "watch",
    "Print what happens to a run until it ends, or to all runs",
    async () => (await import(onDemand("./watch.ts")) as typeof import("./watch.ts")).watch,
  ],
];

const ARTIFACTS: readonly Row[] = [
  [
    "put",
    "Store files, directories or standard input as artifacts",
    async () => (await import(onDemand("./put.ts")) as typeof import("./put.ts")).put,
  ],
  [
    "get",
    "Copy artifacts to files, verified against their hashes",
    async () => (await import(onDemand("./get.ts")) as typeof import("./get.ts")).get,
  ],
  [
    "cat",
    "Write an artifact to standard output",
    async () => (await import(onDemand("./cat.ts")) as typeof import("./cat.ts")).cat,
  ],
  [
    "ls",
    "List the artifacts of a run, or of all runs",
    async () => (await import(onDemand("./ls.ts")) as typeof import("./ls.ts")).ls,
  ],
];

const MODELS: readonly Row[] = [
  [
    "models",
    "List the models or the versions of one, or describe one",
    async () => (await import(onDemand("./models.ts")) as typeof import("./models.ts")).models,
  ],
  [
    "register",
    "Register an artifact as the next version of a model",
    async () =>
      (await import(onDemand("./register.ts")) as typeof import("./register.ts")).register,
  ],
  [
    "promote",
    "Move a version of a model to production or another stage",
    async () => (await import(onDemand("./promote.ts")) as typeof import("./promote.ts")).promote,
  ],
  [
    "unregister",
    "Remove a version of a model, or a model; artifacts stay",
    async () =>
      (await import(onDemand("./unregister.ts")) as typeof import("./unregister.ts")).unregister,
  ],
];

const STORE: readonly Row[] = [
  [
    "info",
    "Show the location, content and size of the store",
    async () => (await import(onDemand("./info.ts")) as typeof import("./info.ts")).info,
  ],
  [
    "serve",
    "Serve the store to browsers and MLflow clients over HTTP",
    async () => (await import(onDemand("./serve.ts")) as typeof import("./serve.ts")).serve,
  ],
  [
    "ui",
    "Show the store in a browser",
    async () => (await import(onDemand("./ui.ts")) as typeof import("./ui.ts")).ui,
  ],
  [
    "mcp",
    "Let an assistant ask the store, by MCP on standard input and output",
    async () => (await import(onDemand("./mcp.ts")) as typeof import("./mcp.ts")).mcp,
  ],
  [
    "doctor",
    "Find problems of the store, its place or this program",
    async () => (await import(onDemand("./doctor.ts")) as typeof import("./doctor.ts")).doctor,
  ],
  [
    "verify",
    "Check that every artifact is present and unchanged",
    async () => (await import(onDemand("./verify.ts")) as typeof import("./verify.ts")).verify,
  ],
  [
    "gc",
    "Remove orphans and leftovers of crashes",
    async () => (await import(onDemand("./gc.ts")) as typeof import("./gc.ts")).gc,
  ],
  [
    "dedup",
    "Make artifacts with the same bytes share one file",
    async () => (await import(onDemand("./dedup.ts")) as typeof import("./dedup.ts")).dedup,
  ],
  [
    "backup",
    "Copy the store, database and artifacts together, while it is in use",
    async () => (await import(onDemand("./backup.ts")) as typeof import("./backup.ts")).backup,
  ],
  [
    "restore",
    "Restore a store from a backup, or only its missing files",
    async () => (await import(onDemand("./restore.ts")) as typeof import("./restore.ts")).restore,
  ],
  [
    "export",
    "Write runs with their artifacts as a tar archive",
    async () => (await import(onDemand("./export.ts")) as typeof import("./export.ts")).exportVerb,
  ],
  [
    "copy",
    "Copy runs to another store, of any kind, and bring the copy up to date",
    async () => (await import(onDemand("./copy.ts")) as typeof import("./copy.ts")).copy,
  ],
  [
    "import",
    "Import the runs of an archive created by export",
    async () => (await import(onDemand("./import.ts")) as typeof import("./import.ts")).importVerb,
  ],
];

const SHELL: readonly Row[] = [
  [
    "completions",
    "Print completions for a shell",
    async () =>
      (await import(onDemand("./completions.ts")) as typeof import("./completions.ts")).completions,
  ],
  [
    "man",
    "Print the manual page",
    async () => (await import(onDemand("./man.ts")) as typeof import("./man.ts")).man,
  ],
];

/** All commands. */
export const COMMANDS: readonly CommandEntry[] = [
  ...group("Runs", RUNS),
  ...group("Results", RESULTS),
  ...group("Artifacts", ARTIFACTS),
  ...group("Models", MODELS),
  ...group("Store", STORE),
  ...group("Shell", SHELL),
  {
    name: "__complete",
    summary: "Print the completions at the cursor",
    group: "Shell",
    hidden: true,
    load: async () =>
      (await import(onDemand("./complete.ts")) as typeof import("./complete.ts")).completeCommand,
  },
];

function group(name: string, rows: readonly Row[]): CommandEntry[] {
  return rows.map(([command, summary, load]) => ({ name: command, summary, group: name, load }));
}
