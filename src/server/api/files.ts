/** Artifacts: a run's files as a tree, their metadata, their bytes. */
import type { Artifact } from "../../artifacts/artifact.ts";
import type { GrowingEntry } from "../../bytes/growing_bytes.ts";
import { artifactResponse } from "../artifact_response.ts";
import { bad } from "./api_error.ts";
import { artifactJson, type Json, number, present } from "./json.ts";
import type { ApiCall, ApiRoute } from "./route.ts";
import { flag, ref, text } from "./schema.ts";

async function files({ store, query, param }: ApiCall): Promise<Json> {
  const runId = param("id");
  const prefix = prefixOf(query.text("prefix") ?? "");
  const recursive = query.flag("recursive");
  const artifacts = await store.artifacts.list(runId);
  const logs = await store.artifacts.logs(runId);
  const entries = new Map<string, Json>();
  const add = (name: string, size: number, entry: () => Json) => {
    if (!name.startsWith(prefix)) return;
    const slash = recursive ? -1 : name.indexOf("/", prefix.length);
    if (slash < 0) return entries.set(name, entry());
    const directory = name.slice(0, slash);
    const before = entries.get(directory)?.size as number | undefined ?? 0;
    entries.set(directory, { "name": directory, "directory": true, "size": before + size });
  };
  for (const log of logs) add(log.name, log.size, () => logJson(log));
  for (const artifact of artifacts) {
    add(artifact.name, artifact.size || 0, () => fileJson(artifact));
  }
  const sorted = [...entries.values()].sort((a, b) =>
    Number(b.directory) - Number(a.directory) || (`${a.name}` < `${b.name}` ? -1 : 1)
  );
  return { entries: sorted };
}

/** A prefix is a directory, with or without the slash at its end. */
function prefixOf(prefix: string): string {
  if (prefix === "" || prefix.endsWith("/")) return prefix.replace(/^\/+$/, "");
  return `${prefix}/`;
}

function fileJson({ id, name, size, contentType, hash, createdAt }: Artifact): Json {
  return present({
    "name": name,
    "directory": false,
    "artifact-id": id,
    "size": Number.isNaN(size) ? 0 : size,
    "content-type": contentType,
    "hash": hash,
    "created-at": number(createdAt.getTime()),
  });
}

function logJson({ name, size, growing }: GrowingEntry): Json {
  return { name, "directory": false, size, "content-type": "text/plain", growing };
}

async function metadataOf({ store, param }: ApiCall): Promise<Json> {
  return artifactJson(await store.artifacts.get(param("id")));
}

async function download({ store, query, param, request }: ApiCall): Promise<Response> {
  const artifact = await store.artifacts.get(param("id"));
  const fileName = artifact.name.slice(artifact.name.lastIndexOf("/") + 1);
  return artifactResponse(artifact, { request, fileName, inline: query.flag("inline") });
}

async function log({ store, query, param }: ApiCall): Promise<Response> {
  const id = param("id");
  await store.runs.get(id);
  const name = `${query.text("stream") ?? "stdout"}.log`;
  const from = query.integer("from", 0);
  const growing = (await store.artifacts.logs(id)).find((entry) => entry.name === name);
  const artifact = growing || !await store.artifacts.has(id, name)
    ? undefined
    : await store.artifacts.get(id, name);
  const size = growing?.size ?? artifact?.size ?? 0;
  if (from > size) {
    throw bad(`The log has ${size} bytes, fewer than ${from}; read it from the start`);
  }
  const end = Math.min(size, from + MOST_OF_LOG);
  const body = artifact
    ? artifact.stream({ start: from, end })
    : growing
    ? part(await store.artifacts.readLog(id, name), from, end)
    : null;
  return new Response(from === end ? null : body, {
    headers: {
      "content-type": "text/plain; charset=utf-8",
      "x-content-type-options": "nosniff",
      "cache-control": "no-store",
      "x-next": String(end),
      "x-growing": String(growing?.growing ?? false),
    },
  });
}

/** Bytes of a log in one answer. */
const MOST_OF_LOG = 4 * 1024 * 1024;

/** A part of a stream. */
function part(
  stream: ReadableStream<Uint8Array<ArrayBuffer>> | undefined,
  start: number,
  end: number,
): ReadableStream<Uint8Array<ArrayBuffer>> | null {
  if (!stream) return null;
  let at = 0;
  return stream.pipeThrough(
    new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
      transform(chunk, controller) {
        const cut = chunk.subarray(Math.max(0, start - at), Math.max(0, end - at));
        at += chunk.length;
        if (cut.length > 0) controller.enqueue(cut);
        if (at >= end) controller.terminate();
      },
    }),
  );
}

const NO_RUN = { 404: "No such run" };
const NO_ARTIFACT = { 404: "No such artifact" };

/** The endpoints of artifacts. */
export const FILE_ROUTES: readonly ApiRoute[] = [
  {
    method: "GET",
    path: "/api/runs/:id/files",
    summary:
      "The artifacts of a run as a tree, directories first; logs that still grow are there too",
    query: {
      prefix: { description: "The directory to list (default: all)", schema: text },
      recursive: { description: "Whether files of directories below are listed too", schema: flag },
    },
    answer: ref("Files"),
    problems: NO_RUN,
    handle: files,
  },
  {
    method: "GET",
    path: "/api/artifacts/:id",
    summary: "Metadata of an artifact",
    answer: ref("Artifact"),
    problems: NO_ARTIFACT,
    handle: metadataOf,
  },
  {
    method: "GET",
    path: "/api/artifacts/:id/download",
    summary: "Bytes of an artifact, or a range of them; ETag is the SHA-256",
    query: {
      inline: { description: "Whether a browser shows it, in a sandbox", schema: flag },
    },
    answer: { type: "*/*", description: "The bytes" },
    problems: { ...NO_ARTIFACT, 416: "The range is outside the bytes" },
    handle: download,
  },
  {
    method: "GET",
    path: "/api/runs/:id/log",
    summary: "Output of the program of a run; x-next is where to go on, x-growing whether it grows",
    query: {
      stream: {
        description: "Which output (default: stdout)",
        schema: { enum: ["stdout", "stderr"] },
      },
      from: { description: "The byte to begin with", schema: { type: "integer", minimum: 0 } },
    },
    answer: { type: "text/plain", description: "The output from there, at most 4 MiB" },
    problems: NO_RUN,
    handle: log,
  },
];
