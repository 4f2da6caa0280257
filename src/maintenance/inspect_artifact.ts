/** Inspection of a record and its bytes, without reading the bytes. */
import type { ByteEntry, ByteStore } from "../bytes/byte_store.ts";
import type { StoreContext } from "../context/compose.ts";
import type { IndexEntry } from "../metadata/artifact_index.ts";
import { type Finding, findingOf } from "./findings.ts";

/**
 * Inspects an artifact. A finding is confirmed by a second look: a record that changed since it was
 * read is not damage, nor are bytes whose record is about to change.
 *
 * @param entry Record as it was read.
 * @param context Store of the record and its bytes.
 * @param found A finding made by other means, e.g. hashing; by default the bytes are inspected.
 */
export async function inspectArtifact(
  entry: IndexEntry,
  { metadata, bytes }: Pick<StoreContext, "metadata" | "bytes">,
  found?: Finding,
): Promise<Finding | undefined> {
  const finding = found ?? await inspect(entry, bytes);
  if (!finding || finding.kind === "damaged-row") return finding;
  const again = await metadata.artifacts.byId(entry.record.id);
  if (!again) return undefined;
  const { record } = entry;
  const isSame = again.record.hash === record.hash && again.record.path === record.path &&
    again.record.createdAt.getTime() === record.createdAt.getTime();
  if (!isSame) return await inspect(again, bytes);
  return await isNoted(finding, bytes) ? undefined : finding;
}

/** Whether the bytes belong to a replacement whose record is not updated yet. */
async function isNoted({ kind, path, found }: Finding, bytes: ByteStore): Promise<boolean> {
  if (kind !== "wrong-size" && kind !== "wrong-hash") return false;
  try {
    const opened = await bytes.open(path);
    opened.close();
    const { note } = opened;
    return note !== undefined && (found === note.size || found === note.hash);
  } catch {
    return false; // Missing or unreadable bytes confirm the finding.
  }
}

async function inspect(
  { record, problem }: IndexEntry,
  bytes: ByteStore,
): Promise<Finding | undefined> {
  if (problem) {
    return findingOf(isUnsafe(problem) ? "unsafe-path" : "damaged-row", record, problem.message);
  }
  const name = JSON.stringify(record.name);
  let entry: ByteEntry | undefined;
  try {
    entry = await bytes.stat(record.path);
  } catch (error) {
    const { message } = error as Error;
    return findingOf(isUnsafe(error) ? "unsafe-path" : "unreadable", record, message);
  }
  if (!entry) return findingOf("missing", record, `The file of ${name} is missing`, record.size);
  if (entry.kind !== "file") {
    return findingOf("not-a-file", record, `In place of the file of ${name} is a ${entry.kind}`);
  }
  if (entry.size === record.size) return undefined;
  const state = `has ${entry.size} bytes where ${record.size} were stored`;
  return findingOf(
    "wrong-size",
    record,
    `The file of ${name} ${state}`,
    record.size,
    entry.size,
  );
}

function isUnsafe(error: unknown): boolean {
  return (error as { code?: unknown }).code === "unsafe-path";
}
