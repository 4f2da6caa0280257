/** Artifacts: the files of a run as a tree, their metadata and bytes. */
import type { Artifact } from "../../artifacts/artifact.ts";
import type { GrowingEntry } from "../../bytes/growing_bytes.ts";
import { artifactResponse } from "../artifact_response.ts";
import { artifactJson, type Json, number, present } from "./json.ts";
import type { ApiCall, ApiRoute } from "./route.ts";
import { flag, ref, text } from "./schema.ts";

async function files({ store, query, param }: ApiCall): Promise<Json> {
  const runId = param("id");
  const prefix = prefixOf(query.text("prefix") ?? "");
  const recursive = query.flag("recursive");
  await store.runs.get(runId);
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
  // Only what is listed is held: a directory may have many files below it.
  for await (const artifact of store.artifacts.each({ runId })) {
    add(artifact.name, artifact.size || 0, () => fileJson(artifact));
  }
  const sorted = [...entries.values()].sort((a, b) =>
    Number(b.directory) - Number(a.directory) || (`${a.name}` < `${b.name}` ? -1 : 1)
  );
  return { entries: sorted };
}

/** Normalizes a prefix, which is a directory with or without final slash. */
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

const NO_RUN = { 404: "No such run" };
const NO_ARTIFACT = { 404: "No such artifact" };

/** Endpoints for artifacts. */
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
    headers: {
      "Range": { description: "One range of bytes, e.g. bytes=0-99", schema: text },
      "If-Range": { description: "ETag: the range is only sent of these bytes", schema: text },
      "If-None-Match": { description: "ETags of bytes that the client has", schema: text },
    },
    answer: { type: "*/*", description: "The bytes" },
    others: {
      206: { description: "The bytes of the range", type: "*/*" },
      304: { description: "The client has these bytes" },
      416: { description: "The range is outside the bytes" },
    },
    problems: NO_ARTIFACT,
    handle: download,
  },
];
