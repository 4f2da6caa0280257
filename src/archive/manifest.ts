/** The first member of an archive: what the runs in it are, and which files follow. */
import * as v from "npm:valibot@~1.5.0";
import { ArchiveError, ChachamlError, StorageError } from "../base/errors.ts";
import { NameIndex } from "../names/name_index.ts";
import { assertArtifactName, assertRunId, fold } from "../names/names.ts";
import { MODEL_STAGES } from "../metadata/model.ts";
import type { RunDocument } from "../metadata/run_document.ts";

/** Name of the manifest's file in an archive. */
export const MANIFEST = "chachaml-runs.json";

/** Bytes that a manifest may have: all of it is in memory at once. */
export const MAX_MANIFEST: number = 256 * 1024 * 1024;

/** Name of the last member, if there is one: artifacts of the manifest whose bytes are not there. */
export const OMITTED = "chachaml-omitted.json";

const FORMAT = "chachaml-runs";
const VERSION = 1;
const MAX_TIME = 8.64e15;

const text = v.string();
const textOrNull = v.nullable(text);
const integer = v.pipe(v.number(), v.safeInteger());
const integerOrNull = v.nullable(integer);
const count = v.pipe(integer, v.minValue(0));
/** Epoch milliseconds that a `Date` can hold. */
const time = v.pipe(integer, v.minValue(-MAX_TIME), v.maxValue(MAX_TIME));
const pairs = v.array(v.strictTuple([text, text]));
const nonFinite = v.picklist(["NaN", "Infinity", "-Infinity"]);

const metric = v.pipe(
  v.strictObject({
    key: text,
    values: v.array(v.union([v.number(), nonFinite])),
    steps: v.array(integer),
    times: v.array(time),
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
  createdAt: time,
});

const artifact = v.strictObject({
  id: v.pipe(text, v.minLength(1)),
  name: text,
  contentType: textOrNull,
  size: count,
  hash: v.pipe(text, v.regex(/^[0-9a-f]{64}$/, "it is no SHA-256")),
  createdAt: time,
});

const version = v.strictObject({
  model: v.pipe(text, v.minLength(1)),
  modelDescription: textOrNull,
  modelCreatedAt: time,
  version: v.pipe(integer, v.minValue(1)),
  artifactId: text,
  stage: v.picklist(MODEL_STAGES),
  description: textOrNull,
  createdAt: time,
});

const run = v.strictObject({
  id: text,
  experiment: v.pipe(text, v.minLength(1)),
  name: textOrNull,
  status: text,
  startTime: time,
  endTime: v.nullable(time),
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
  models: v.optional(v.array(version)),
});

const manifest = v.strictObject({
  format: v.literal(FORMAT),
  version: v.literal(VERSION),
  runs: v.array(run),
});

/** The bytes of a manifest; one that could not be read back is refused. */
export function encodeManifest(runs: readonly RunDocument[]): Uint8Array<ArrayBuffer> {
  requireSound(runs, notExportable);
  // What an older version does not know is there only if it is needed.
  const lean = runs.map(({ models, ...run }) => models?.length ? { ...run, models } : run);
  const content = { format: FORMAT, version: VERSION, runs: lean };
  const { issues } = v.safeParse(manifest, content, { abortEarly: true });
  // Another program can have written rows that are not what they should be.
  if (issues) throw notExportable(`what is stored cannot be true at ${v.getDotPath(issues[0])}`);
  const bytes = new TextEncoder().encode(JSON.stringify(content));
  if (bytes.length > MAX_MANIFEST) {
    throw notExportable("the runs have logged more than fits; export fewer at a time");
  }
  return bytes;
}

const omissions = v.array(v.strictObject({ runId: text, name: text, reason: text }));

/** The bytes of a list of artifacts that an archive lacks. */
export function encodeOmitted(
  omitted: readonly { readonly runId: string; readonly name: string; readonly error: Error }[],
): Uint8Array<ArrayBuffer> {
  const list = omitted.map(({ runId, name, error }) => ({ runId, name, reason: error.message }));
  return new TextEncoder().encode(JSON.stringify(list));
}

/** The members that an archive lacks, by such a list. */
export function decodeOmitted(bytes: Uint8Array): string[] {
  const parsed = v.safeParse(omissions, parseJson(bytes, OMITTED), { abortEarly: true });
  if (!parsed.success) throw new ArchiveError(`${OMITTED} is damaged`);
  return parsed.output.map(({ runId, name }) => `${runId}/${name}`);
}

function parseJson(bytes: Uint8Array, name: string): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new ArchiveError(`${name} is no JSON`, { cause });
  }
}

/**
 * Reads a manifest.
 *
 * @throws {ArchiveError} If it is none, or its content cannot be stored.
 */
export function decodeManifest(bytes: Uint8Array): readonly RunDocument[] {
  const value = parseJson(bytes, MANIFEST);
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
    requireSound(runs, notImportable);
  } catch (cause) {
    throw cause instanceof ChachamlError && !(cause instanceof ArchiveError)
      ? new ArchiveError(cause.message, { cause })
      : cause;
  }
  return runs;
}

/** Refuses runs that cannot stand side by side in one archive and one store. */
function requireSound(runs: readonly RunDocument[], refuse: Refuse): void {
  const ids = new Set<string>();
  const runIds = new Set([fold(MANIFEST), fold(OMITTED)]);
  for (const { id, artifacts, datasets, params, tags, metrics } of runs) {
    assertRunId(id);
    if (!addNew(runIds, fold(id))) throw refuse(`an archive has no place for the run "${id}"`);
    const names = new NameIndex();
    for (const { name } of artifacts) {
      assertArtifactName(name, { portable: Deno.build.os === "windows" });
      names.check(name);
      if (names.conflicts(name)) throw refuse(twice(name));
      names.add(name);
    }
    for (const { id } of [...artifacts, ...datasets]) if (!addNew(ids, id)) throw refuse(twice(id));
    for (const keys of [...[params, tags].map(keysOf), metrics.map(({ key }) => key)]) {
      const seen = new Set<string>();
      for (const key of keys) if (!addNew(seen, key)) throw refuse(twice(key));
    }
  }
}

function keysOf(rows: readonly (readonly [key: string, value: string])[]): string[] {
  return rows.map(([key]) => key);
}

function addNew(set: Set<string>, item: string): boolean {
  if (set.has(item)) return false;
  set.add(item);
  return true;
}

function twice(what: string): string {
  return `${JSON.stringify(what)} is named twice`;
}

/** Makes an error of a reason. */
type Refuse = (reason: string) => ChachamlError;

function notExportable(reason: string): ChachamlError {
  return new StorageError("export", reason);
}

function notImportable(reason: string): ChachamlError {
  return new ArchiveError(reason);
}
