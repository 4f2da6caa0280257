import { basename, dirname, join } from "@std/path";
import type { Artifact } from "../../artifacts/artifact.ts";
import { isNotFound } from "../../base/directory.ts";
import { ArtifactNotFoundError } from "../../base/errors.ts";
import { fsError } from "../../base/fs_error.ts";
import { unsafePath } from "../../names/names.ts";
import type { Store } from "../../store/store.ts";
import { count, formatBytes, printable } from "../../text/format.ts";
import { withProgress } from "../progress.ts";
import { messageOf } from "../wording.ts";
import { resolveModel } from "../model_ref.ts";
import { readArtifact } from "../read_artifact.ts";
import { selectArtifacts, selectsSeveral } from "../select_artifacts.ts";
import { parseDuration } from "../duration.ts";
import { type Call, type CommandSpec, UsageError } from "../command.ts";

export const get: CommandSpec = {
  args: "<run> [name] [destination]",
  options: [
    { name: "force", short: "f", summary: "Replace existing files" },
    {
      name: "url",
      summary: "Print a URL by which anyone can read the artifact for a while, from a bucket",
    },
    { name: "valid", value: "duration", summary: "How long that URL can be used (default: 1h)" },
  ],
  examples: [
    ["To the working directory, under its own name", "chachaml get $RUN plots/roc.png"],
    ["To standard output", "chachaml get $RUN metrics.json - | jq .loss"],
    ["The model in production, to a directory", "chachaml get iris@production models/"],
    ["All that match, under their full names", "chachaml get $RUN 'plots/*' results"],
    ["A directory of the run", "chachaml get $RUN checkpoints/ results"],
    ["All, to a directory named after the run's id", "chachaml get $RUN"],
    ["All, to a directory", "chachaml get $RUN ./ results"],
    ["A link to share, where a bucket has the bytes", "chachaml get $RUN plots/roc.png --url"],
  ],
  run: async (call) => {
    const { args: [ref, name, destination], json, io, open, runId } = call;
    if (destination === "-" && json) {
      throw new UsageError("--json and standard output as the destination exclude each other");
    }
    const store = await open("read");
    if (call.options.has("url")) return await printUrl(call, store, ref!, name, destination);
    if (call.options.has("valid")) throw new UsageError("--valid goes with --url");
    const version = destination === undefined ? await resolveModel(store, ref!) : undefined;
    if (version) {
      if (name === "-" && json) {
        throw new UsageError("--json and standard output as the destination exclude each other");
      }
      return await getOne(call, await store.artifacts.get(version.artifactId), name);
    }
    const run = await runId(store, ref!);
    if (name === undefined) return await getSeveral(call, store, run, "./", run);
    if (await selectsSeveral(store, run, name)) {
      if (destination === "-") throw new UsageError("standard output takes a single artifact");
      return await getSeveral(call, store, run, name, destination ?? ".");
    }
    if (destination === "-") {
      for await (const chunk of await readArtifact(store, run, name)) await io.stdout(chunk);
      return;
    }
    await getOne(call, await findArtifact(store, run, name), destination);
  },
};

/** Prints a URL of one artifact for those who have no access to the bucket. */
async function printUrl(
  { options, io, json, runId }: Call,
  store: Store,
  ref: string,
  name: string | undefined,
  destination: string | undefined,
): Promise<void> {
  if (destination !== undefined) throw new UsageError("--url saves nothing; leave the path out");
  const seconds = parseDuration("valid", options.get("valid") ?? "1h") / 1000;
  const version = await resolveModel(store, ref);
  if (!version && name === undefined) throw new UsageError("--url takes a run and a name");
  const artifact = version
    ? await store.artifacts.get(version.artifactId)
    : await findArtifact(store, await runId(store, ref), name!);
  const url = await artifact.presign({ seconds });
  if (json) await json({ ...artifact.toJSON(), url, seconds });
  else await io.stdout(`${url}\n`);
}

/** Saves one artifact, under the last segment of its name unless the destination is a file. */
async function getOne(call: Call, artifact: Artifact, destination?: string): Promise<void> {
  if (destination === "-") {
    for await (const chunk of artifact.stream({ verify: true })) await call.io.stdout(chunk);
    return;
  }
  const path = await target(call, basename(artifact.name), destination);
  await save(artifact, path, call);
  await call.say(`saved ${artifact.name} (${formatBytes(artifact.size)}) to ${path}\n`);
  await call.json?.({ ...artifact.toJSON(), savedTo: path });
}

async function findArtifact(store: Store, run: string, name: string): Promise<Artifact> {
  try {
    return await store.artifacts.get(run, name);
  } catch (error) {
    if (!(error instanceof ArtifactNotFoundError)) throw error;
    const [log] = (await store.artifacts.logs(run)).filter((log) => log.name === name);
    if (!log) throw error;
    throw new UsageError(
      `${JSON.stringify(name)} is still being written; read it so far: get RUN ${name} -`,
    );
  }
}

async function save(artifact: Artifact, path: string, { io }: Call): Promise<void> {
  const signal = io.interrupted?.();
  await withProgress(
    io,
    artifact.name,
    (onProgress) => artifact.saveTo(path, { onProgress, ...(signal && { signal }) }),
  );
}

/** Saves several artifacts under their full names. A failure does not stop the others. */
async function getSeveral(
  call: Call,
  store: Store,
  run: string,
  name: string,
  destination: string,
): Promise<number> {
  const { options, io, json, say } = call;
  const artifacts = await selectArtifacts(store, run, name);
  const targets = artifacts.map((artifact) => ({
    artifact,
    path: join(destination, artifact.name),
  }));
  if ((await stat(destination))?.isDirectory === false) {
    throw new UsageError(`${JSON.stringify(destination)} is not a directory`);
  }
  const taken: string[] = [];
  for (const { artifact, path } of targets) {
    // A record of another program could name a place outside.
    if (unsafePath(artifact.name) === undefined && await stat(path)) taken.push(path);
  }
  if (taken.length > 0 && !options.has("force")) {
    const more = taken.length > 1 ? ` and ${taken.length - 1} more` : "";
    const there = taken.length > 1 ? "exist" : "exists";
    throw new UsageError(
      `${JSON.stringify(taken[0])}${more} ${there}; pass --force to replace existing files`,
    );
  }
  const saved: { artifact: Artifact; path: string }[] = [];
  const failed: { name: string; error: string }[] = [];
  for (const { artifact, path } of targets) {
    try {
      const reason = unsafePath(artifact.name);
      if (reason !== undefined) throw new Error(`Cannot save ${artifact.name}: ${reason}`);
      await makeDirectory(dirname(path));
      await save(artifact, path, call);
      saved.push({ artifact, path });
    } catch (error) {
      io.interrupted?.().throwIfAborted();
      failed.push({ name: artifact.name, error: messageOf(error) });
    }
  }
  for (const { error } of failed) await io.stderr(`chachaml: ${printable(error)}\n`);
  const bytes = saved.reduce((sum, { artifact }) => sum + artifact.size, 0);
  await say(`saved ${count(saved.length, "artifact")} (${formatBytes(bytes)}) to ${destination}\n`);
  if (json) {
    const documents = saved.map(({ artifact, path }) => ({ ...artifact.toJSON(), savedTo: path }));
    await json({ saved: documents, failed });
  }
  return failed.length > 0 ? 1 : 0;
}

/** Returns the path to save to: a new file, or one that may be replaced. */
async function target(
  { options }: Call,
  name: string,
  destination = ".",
): Promise<string> {
  const info = await stat(destination);
  const isDirectory = info?.isDirectory ?? destination.endsWith("/");
  if (isDirectory && !info) await makeDirectory(destination);
  const path = isDirectory ? join(destination, name) : destination;
  const there = isDirectory ? await stat(path) : info;
  if (there?.isDirectory) throw new UsageError(`${JSON.stringify(path)} is a directory`);
  if (there && !options.has("force")) {
    throw new UsageError(`${JSON.stringify(path)} exists; pass --force to replace it`);
  }
  return path;
}

async function makeDirectory(path: string): Promise<void> {
  try {
    // Unlike `ensureDir`, it says of what kind the failure is where a file has the name.
    await Deno.mkdir(path, { recursive: true });
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) {
      throw new UsageError(`${JSON.stringify(path)} is a file, not a directory`);
    }
    throw fsError(error, `make the directory ${JSON.stringify(path)}`);
  }
}

async function stat(path: string): Promise<Deno.FileInfo | undefined> {
  try {
    return await Deno.stat(path);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
