/** The first member of an archive: what the runs in it are, and which files follow. */
import * as v from "npm:valibot@^1.1.0";
import { ArchiveError, ChachamlError } from "../errors.ts";
import { NameIndex } from "../name_index.ts";
import { checkArtifactName, checkRunId, fold } from "../names.ts";
import type { RunDocument } from "../runs/run_document.ts";

/** Name of the manifest's file in an archive. */
export const MANIFEST = "chachaml-runs.json";

/** Bytes that a manifest may have: all of it is in memory at once. */
export const MAX_MANIFEST: number = 256 * 1024 * 1024;

const FORMAT = "chachaml-runs";
const VERSION = 1;

const text = v.string();
const textOrNull = v.nullable(text);
const integer = v.pipe(v.number(), v.safeInteger());
const integerOrNull = v.nullable(integer);
const count = v.pipe(integer, v.minValue(0));
const pairs = v.array(v.strictTuple([text, text]));
const nonFinite = v.picklist(["NaN", "Infinity", "-Infinity"]);

const metric = v.pipe(
  v.strictObject({
    key: text,
    values: v.array(v.union([v.number(), nonFinite])),
    steps: v.array(integer),
    times: v.array(integer),
  }),
  v.check(
    ({ values, steps, times }) => values.length === steps.length && steps.length === times.length,
    "its columns differ in length",
  ),
);

const dataset = v.strictObject({
  id: text,
  role: text,
  rows: integerOrNull,
  columns: integerOrNull,
  features: textOrNull,
  hash: textOrNull,
  source: textOrNull,
  createdAt: integer,
});

const artifact = v.strictObject({
  id: v.pipe(text, v.minLength(1)),
  name: text,
  contentType: textOrNull,
  size: count,
  hash: v.pipe(text, v.regex(/^[0-9a-f]{64}$/, "it is no SHA-256")),
  createdAt: integer,
});

const run = v.strictObject({
  id: text,
  experiment: v.pipe(text, v.minLength(1)),
  name: textOrNull,
  status: text,
  startTime: integer,
  endTime: integerOrNull,
  error: textOrNull,
  startTags: textOrNull,
  environment: textOrNull,
  parentId: textOrNull,
  createdBy: textOrNull,
  params: pairs,
  tags: pairs,
  metrics: v.array(metric),
  datasets: v.array(dataset),
  artifacts: v.array(artifact),
});

const manifest = v.strictObject({
  format: v.literal(FORMAT),
  version: v.literal(VERSION),
  runs: v.array(run),
});

/** The bytes of a manifest; one that could not be read back is refused. */
export function encodeManifest(runs: readonly RunDocument[]): Uint8Array<ArrayBuffer> {
  requireSound(runs);
  const bytes = new TextEncoder().encode(
    JSON.stringify({ format: FORMAT, version: VERSION, runs }),
  );
  if (bytes.length > MAX_MANIFEST) {
    throw new ArchiveError("its runs have logged more than fits; export fewer at a time");
  }
  return bytes;
}

/**
 * Reads a manifest.
 *
 * @throws {ArchiveError} If it is none, or its content cannot be stored.
 */
export function decodeManifest(bytes: Uint8Array): readonly RunDocument[] {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new ArchiveError(`${MANIFEST} is no JSON`, { cause });
  }
  const { version } = (value ?? {}) as { version?: unknown };
  if (typeof version === "number" && version > VERSION) {
    throw new ArchiveError(`it is of format version ${version}; a newer chachaml has made it`);
  }
  const parsed = v.safeParse(manifest, value, { abortEarly: true });
  if (!parsed.success) {
    const [issue] = parsed.issues;
    throw new ArchiveError(`${MANIFEST} is damaged at ${v.getDotPath(issue) ?? "its top"}`);
  }
  const { runs } = parsed.output;
  try {
    requireSound(runs);
  } catch (cause) {
    throw cause instanceof ChachamlError && !(cause instanceof ArchiveError)
      ? new ArchiveError(cause.message, { cause })
      : cause;
  }
  return runs;
}

/** Refuses runs that cannot stand side by side in one archive and one store. */
function requireSound(runs: readonly RunDocument[]): void {
  const ids = new Set<string>();
  const runIds = new Set([fold(MANIFEST)]);
  for (const { id, artifacts, datasets, params, tags, metrics } of runs) {
    checkRunId(id);
    if (!addNew(runIds, fold(id))) throw new ArchiveError(`it has no place for the run "${id}"`);
    const names = new NameIndex();
    for (const { name } of artifacts) {
      checkArtifactName(name);
      names.check(name);
      if (names.conflicts(name)) throw twice(name);
      names.add(name);
    }
    for (const { id } of [...artifacts, ...datasets]) if (!addNew(ids, id)) throw twice(id);
    for (const rows of [params, tags]) requireDistinct(rows.map(([key]) => key));
    requireDistinct(metrics.map(({ key }) => key));
  }
}

function requireDistinct(keys: readonly string[]): void {
  const seen = new Set<string>();
  for (const key of keys) if (!addNew(seen, key)) throw twice(key);
}

function addNew(set: Set<string>, item: string): boolean {
  if (set.has(item)) return false;
  set.add(item);
  return true;
}

function twice(what: string): ArchiveError {
  return new ArchiveError(`it names ${JSON.stringify(what)} twice`);
}
