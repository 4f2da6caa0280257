/** Manifest of an archive, its first member: describes the runs and the files that follow. */
import * as v from "npm:valibot@~1.5.0";
import { ArchiveError, ChachamlError, StorageError } from "../base/errors.ts";
import { NameIndex } from "../names/name_index.ts";
import { assertArtifactName, assertRunId, fold } from "../names/names.ts";
import { MODEL_STAGES } from "../metadata/model.ts";
import type { RunDocument } from "../metadata/run_document.ts";

/** Name of the manifest in an archive. */
export const MANIFEST = "chachaml-runs.json";

/** Maximum size of a manifest, in bytes: it is held in memory. */
export const MAX_MANIFEST: number = 256 * 1024 * 1024;

/** Name of the optional last member: artifacts of the manifest without bytes. */
export const OMITTED = "chachaml-omitted.json";

const FORMAT = "chachaml-runs";
const VERSION = 1;
const MAX_TIME = 8.64e15;

const text = v.string();
const textOrNull = v.nullable(text);
const integer = v.pipe(v.number(), v.safeInteger());
const integerOrNull = v.nullable(integer);
const count = v.pipe(integer, v.minValue(0));
/** Epoch milliseconds within the range of `Date`. */
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

/** Encodes a manifest. Throws if it could not be read back. */
export function encodeManifest(runs: readonly RunDocument[]): Uint8Array<ArrayBuffer> {
  requireConsistent(runs, notExportable);
  // A field unknown to older versions is only written if needed.
  const lean = runs.map(({ models, ...run }) => models?.length ? { ...run, models } : run);
  const content = { format: FORMAT, version: VERSION, runs: lean };
  const { issues } = v.safeParse(manifest, content, { abortEarly: true });
  // Another program may have stored invalid rows.
  if (issues) throw notExportable(`what is stored cannot be true at ${v.getDotPath(issues[0])}`);
  const bytes = new TextEncoder().encode(JSON.stringify(content));
  if (bytes.length > MAX_MANIFEST) {
    throw notExportable("the runs have logged more than fits; export fewer at a time");
  }
  return bytes;
}

const omissions = v.array(v.strictObject({ runId: text, name: text, reason: text }));

/** Encodes the list of artifacts that an archive lacks. */
export function encodeOmitted(
  omitted: readonly { readonly runId: string; readonly name: string; readonly error: Error }[],
): Uint8Array<ArrayBuffer> {
  const list = omitted.map(({ runId, name, error }) => ({ runId, name, reason: error.message }));
  return new TextEncoder().encode(JSON.stringify(list));
}

/** Decodes such a list to the names of members. */
export function decodeOmitted(bytes: Uint8Array): string[] {
  const parsed = v.safeParse(omissions, parseJson(bytes, OMITTED), { abortEarly: true });
  if (!parsed.success) throw new ArchiveError(`${OMITTED} is damaged`);
  return parsed.output.map(({ runId, name }) => `${runId}/${name}`);
}

function parseJson(bytes: Uint8Array, name: string): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new ArchiveError(`${name} is not JSON`, { cause });
  }
}

/**
 * Decodes a manifest.
 *
 * @throws {ArchiveError} If it is not a manifest, or its content cannot be stored.
 */
export function decodeManifest(bytes: Uint8Array): readonly RunDocument[] {
  const value = parseJson(bytes, MANIFEST);
  const { version } = (value ?? {}) as { version?: unknown };
  if (typeof version === "number" && version > VERSION) {
    throw new ArchiveError(
      `it is of format version ${version}; it was created by a newer chachaml`,
    );
  }
  const parsed = v.safeParse(manifest, value, { abortEarly: true });
  if (!parsed.success) {
    const [issue] = parsed.issues;
    throw new ArchiveError(`${MANIFEST} is damaged at ${v.getDotPath(issue) ?? "its top"}`);
  }
  const { runs } = parsed.output;
  try {
    requireConsistent(runs, notImportable);
  } catch (cause) {
    throw cause instanceof ChachamlError && !(cause instanceof ArchiveError)
      ? new ArchiveError(cause.message, { cause })
      : cause;
  }
  return runs;
}

/** Throws if runs cannot coexist in one archive or one store. */
function requireConsistent(runs: readonly RunDocument[], refuse: Refuse): void {
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

/** Creates an error from a reason. */
type Refuse = (reason: string) => ChachamlError;

function notExportable(reason: string): ChachamlError {
  return new StorageError("export", reason);
}

function notImportable(reason: string): ChachamlError {
  return new ArchiveError(reason);
}
