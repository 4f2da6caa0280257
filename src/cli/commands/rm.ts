import type { Artifact } from "../../artifacts/artifact.ts";
import type { Store } from "../../store/store.ts";
import { messageOf } from "../wording.ts";
import { count, formatBytes, printable } from "../../text/format.ts";
import { selectArtifacts, selectsSeveral } from "../select_artifacts.ts";
import { type Call, type CommandSpec, UsageError } from "../command.ts";

/** Maximum number of names listed in a confirmation. */
const LISTED = 10;

export const rm: CommandSpec = {
  args: "<run> [name...]",
  options: [
    { name: "runs", summary: "Treat all arguments as runs" },
    { name: "yes", short: "y", summary: "Remove runs or several artifacts without asking" },
    { name: "children", summary: "Also remove the children of removed runs" },
    {
      name: "force",
      short: "f",
      summary: "Also remove what model versions use, and those versions",
    },
  ],
  examples: [
    ["One artifact", "chachaml rm $RUN checkpoints/01.pt"],
    ["All that match", "chachaml rm $RUN 'checkpoints/*' --yes"],
    ["A run and everything recorded for it", "chachaml rm $RUN --yes"],
    ["Several runs", "chachaml rm $RUN1 $RUN2 --runs --yes"],
  ],
  run: async (call) => {
    const { args: [first, ...rest], options, open, runId } = call;
    const store = await open("write");
    if (rest.length === 0 || options.has("runs")) {
      const ids = new Set<string>();
      for (const ref of [first!, ...rest]) ids.add(await runId(store, ref));
      const named = [...ids];
      // A set iterates over what is added meanwhile, too.
      if (options.has("children")) {
        for (const parentId of ids) {
          const children = await store.runs.list({ parentId, archived: "include" });
          for (const { id } of children) ids.add(id);
        }
      }
      return await removeRuns(call, store, named, [...ids]);
    }
    return await removeArtifacts(call, store, await runId(store, first!), rest);
  },
};

/** Removes the runs named; `ids` are those and the runs that are part of them and go along. */
async function removeRuns(
  call: Call,
  store: Store,
  named: readonly string[],
  ids: readonly string[],
): Promise<number> {
  const { options, confirm, json } = call;
  const all: Artifact[] = [];
  const lines: string[] = [];
  for (const id of ids) {
    const { name, experiment } = await store.runs.get(id);
    const artifacts = await store.artifacts.list(id);
    all.push(...artifacts);
    const what = [name, experiment].filter((part) => part !== null).join(", ");
    lines.push(`${id} (${what}) with ${count(artifacts.length, "artifact")}${listOf(artifacts)}`);
  }
  const what = ids.length === 1
    ? `This removes the run ${lines[0]}.`
    : `This removes ${ids.length} runs: ${lines.slice(0, LISTED).join("; ")}${
      lines.length > LISTED ? "; …" : ""
    }.`;
  await confirm(printable(what));
  const removed: string[] = [];
  const done = await eachOf(call, named, async (id) => {
    // It may have gone along with its parent.
    if (removed.includes(id)) return;
    const [force, children] = [options.has("force"), options.has("children")];
    removed.push(...await store.runs.remove(id, { force, children }));
  });
  const freed = removed.length === ids.length ? `, ${formatBytes(sizeOf(all))}` : "";
  const which = removed.length === 1 ? ` ${removed[0]}` : "";
  await call.say(`removed ${count(removed.length, "run")}${which}${freed}\n`);
  if (json) {
    await json({
      removed: ids.length === 1 ? { run: removed[0] } : removed.map((run) => ({ run })),
    });
  }
  return done.length === named.length ? 0 : 1;
}

async function removeArtifacts(
  call: Call,
  store: Store,
  run: string,
  names: readonly string[],
): Promise<number> {
  const { options, confirm, json } = call;
  let several = names.length > 1;
  const found = new Map<string, Artifact>();
  for (const name of names) {
    if (name === "") throw new UsageError("the name is empty");
    several ||= await selectsSeveral(store, run, name);
    for (const artifact of await selectArtifacts(store, run, name)) {
      found.set(artifact.name, artifact);
    }
  }
  const artifacts = [...found.values()];
  if (several) {
    await confirm(
      printable(
        `This removes ${count(artifacts.length, "artifact")} (${
          formatBytes(sizeOf(artifacts))
        }) of ` +
          `run ${run}${listOf(artifacts)}.`,
      ),
    );
  }
  const removed = await eachOf(call, [...found.keys()], (name) => {
    return store.artifacts.remove(run, name, { force: options.has("force") });
  });
  const which = removed.length === 1 ? ` ${removed[0]}` : "";
  const freed = formatBytes(sizeOf(artifacts.filter(({ name }) => removed.includes(name))));
  await call.say(
    printable(`removed ${count(removed.length, "artifact")}${which} of run ${run}, ${freed}`) +
      "\n",
  );
  if (json) {
    await json({
      removed: several ? removed.map((name) => ({ run, name })) : { run, name: removed[0] },
    });
  }
  return removed.length === found.size ? 0 : 1;
}

/** Removes each item. A single failure is thrown at once; several are reported at the end. */
async function eachOf(
  { io }: Call,
  names: readonly string[],
  remove: (name: string) => Promise<void>,
): Promise<string[]> {
  const removed: string[] = [];
  const failures: Error[] = [];
  for (const name of names) {
    try {
      await remove(name);
      removed.push(name);
    } catch (error) {
      if (names.length === 1) throw error;
      failures.push(error as Error);
    }
  }
  for (const failure of failures) {
    await io.stderr(`chachaml: ${printable(messageOf(failure))}\n`);
  }
  return removed;
}

function listOf(artifacts: readonly Artifact[]): string {
  if (artifacts.length === 0) return "";
  const names = artifacts.slice(0, LISTED).map(({ name }) => name);
  return `: ${names.join(", ")}${artifacts.length > LISTED ? ", …" : ""}`;
}

function sizeOf(artifacts: readonly Artifact[]): number {
  return artifacts.reduce((sum, { size }) => sum + (Number.isNaN(size) ? 0 : size), 0);
}
