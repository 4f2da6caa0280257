/** Files of trackio clients: media, and artifacts whose files are identified by hash. */
import { createHash } from "node:crypto";
import { assertPath } from "../mlflow/artifact_path.ts";
import type { Fields } from "../mlflow/fields.ts";
import { invalid } from "../mlflow/mlflow_error.ts";
import type { TrackioCall } from "./route.ts";
import { requireRun, runNameOf } from "./runs.ts";
import type { SpooledFile } from "./spool.ts";

/** Maximum number of files per artifact. */
const MOST_FILES = 10_000;

/** A file of an artifact. */
interface Entry {
  readonly path: string;
  readonly digest: string;
  readonly size: number;
  /** Reference to a file stored elsewhere. */
  readonly ref: string | undefined;
}

function spooled({ spool }: TrackioCall, upload: Fields): [token: string, file: SpooledFile] {
  const token = upload.message("uploaded_file").text("path");
  const file = spool.get(token);
  if (file) return [token, file];
  throw invalid("The uploaded file is not there any more; upload it again");
}

/** Stores media as artifacts of their runs. */
export async function uploadMedia(call: TrackioCall): Promise<null> {
  for (const upload of call.fields.messages("uploads")) {
    const [token, file] = spooled(call, upload);
    const run = runNameOf(upload);
    const id = await requireRun(call, { ...run, name: run.name || "files" });
    const original = upload.message("uploaded_file").optionalText("orig_name") || token;
    const fileName = original.replaceAll("\\", "/").split("/").at(-1)!;
    const step = upload.optionalInteger("step");
    const below = upload.optionalText("relative_path")?.replaceAll("\\", "/") ?? "";
    const name = assertPath(
      ["media", ...step === undefined ? [] : [String(step)], ...below.split("/"), fileName]
        .filter((part) => part !== ""),
    );
    await call.store.artifacts.putFile(id, name, file.path, { ifExists: "replace" });
    await call.spool.remove(token);
  }
  return null;
}

/** Returns which of the given files are already stored. */
export async function checkBlobs(call: TrackioCall): Promise<unknown> {
  const present: string[] = [];
  for (const digest of new Set(call.fields.texts("digests").map(assertDigest))) {
    if (call.spool.byHash(digest) || await artifactOf(call, digest)) present.push(digest);
  }
  return { present };
}

/** Accepts files of artifacts until the call that names the artifact. */
export function uploadBlobs(call: TrackioCall): Promise<null> {
  for (const upload of call.fields.messages("uploads")) {
    const [, { hash }] = spooled(call, upload);
    const digest = assertDigest(upload.text("digest"));
    if (hash !== digest) {
      throw invalid(`The uploaded file has the SHA-256 ${hash}, not ${digest}; upload it again`);
    }
  }
  return Promise.resolve(null);
}

/** Stores an artifact: its files below `artifacts/<name>/v<number>/`. */
export async function logArtifact(call: TrackioCall): Promise<unknown> {
  const { fields, store } = call;
  const name = fields.text("name");
  const type = fields.text("type");
  assertPath([name]);
  const entries = fields.messages("manifest").map(entryOf);
  if (entries.length === 0 || entries.length > MOST_FILES) {
    throw invalid(`An artifact has 1 to ${MOST_FILES} files; got ${entries.length}`);
  }
  const id = await requireRun(call, runNameOf(fields));
  const manifest = entries.map(({ path, digest, size, ref }) => ({
    path,
    digest,
    size,
    ...ref !== undefined && { ref },
  }));
  const manifestDigest = createHash("sha256").update(JSON.stringify(manifest)).digest("hex");
  const version = await versionOf(call, id, name, manifestDigest);
  const place = `artifacts/${name}/v${version}`;
  for (const { path, digest, ref } of entries) {
    if (ref === undefined) await storeFile(call, id, `${place}/${path}`, digest);
  }
  const record = {
    name,
    type,
    version,
    aliases: ["latest", `v${version}`, ...fields.texts("aliases")],
    description: fields.optionalText("description") ?? null,
    metadata: fields.raw("metadata") ?? null,
    manifest,
    manifest_digest: manifestDigest,
    size_bytes: entries.reduce((sum, { size }) => sum + size, 0),
    project: fields.text("project"),
    run_id: id,
  };
  // Written last: it marks the artifact as complete.
  const listing = await store.artifacts.put(id, `${place}.json`, JSON.stringify(record), {
    ifExists: "replace",
    contentType: "application/json",
  });
  return { ...record, artifact_id: listing.id, version_id: version };
}

/**
 * Returns the number of an artifact's version: the next one, or that of a version with equal files.
 */
async function versionOf(
  { store }: TrackioCall,
  id: string,
  name: string,
  manifestDigest: string,
): Promise<number> {
  for (let version = 0;; version++) {
    const listing = `artifacts/${name}/v${version}.json`;
    if (!await store.artifacts.has(id, listing)) return version;
    const { manifest_digest } = JSON.parse(await (await store.artifacts.get(id, listing)).text());
    if (manifest_digest === manifestDigest) return version;
  }
}

async function storeFile(
  call: TrackioCall,
  id: string,
  name: string,
  digest: string,
): Promise<void> {
  const { store, spool } = call;
  const waiting = spool.byHash(digest);
  if (waiting) {
    await store.artifacts.putFile(id, name, waiting[1].path, { ifExists: "same" });
    return;
  }
  const known = await artifactOf(call, digest);
  if (!known) throw invalid(`Manifest references blobs not on server: ['${digest}']`);
  await store.artifacts.put(id, name, known.stream(), { ifExists: "same", dedup: true });
}

async function artifactOf({ store }: TrackioCall, hash: string) {
  const [artifact] = await store.artifacts.find({ hash, limit: 1 });
  return artifact;
}

function entryOf(entry: Fields): Entry {
  const ref = entry.optionalText("ref");
  const size = entry.optionalInteger("size") ?? 0;
  if (size < 0) throw invalid("Invalid value for parameter 'size': it must not be negative");
  const digest = entry.text("digest");
  return {
    path: assertPath(entry.text("path").split("/")),
    digest: ref === undefined ? assertDigest(digest) : digest,
    size,
    ref,
  };
}

function assertDigest(digest: string): string {
  if (/^[0-9a-f]{64}$/.test(digest)) return digest;
  throw invalid(`Invalid sha256 digest: ${JSON.stringify(digest.slice(0, 80))}`);
}
