/** Checks of operations' arguments, equivalent to those of the store's API. */
import { assertArtifactQuery } from "../../artifacts/assert_query.ts";
import { type ParamValue, toStoredEdn } from "../../edn/mod.ts";
import { InvalidOptionError } from "../../base/errors.ts";
import type { MetricBatch } from "../../metadata/metric.ts";
import { MODEL_STAGES } from "../../metadata/model.ts";
import { RUN_STATUSES } from "../../metadata/run.ts";
import type { ModelState, NewModelVersion } from "../../metadata/model_store.ts";
import { assertModelName } from "../../models/assert_model.ts";
import { assertArtifactName, assertRunId } from "../../names/names.ts";
import type { OperationName } from "../../remote/protocol/operations.ts";
import { assertQuery } from "../../runs/assert_query.ts";
import { assertStartOptions } from "../../runs/assert_run.ts";
import {
  all,
  anything,
  count,
  date,
  flag,
  hash,
  integer,
  list,
  mapOf,
  nullable,
  number,
  object,
  oneOf,
  optional,
  pair,
  record,
  type Shape,
  text,
} from "./shapes.ts";
import { UPLOAD_DESCRIPTION } from "./transfers.ts";

/** Returns the shape of values that an assertion of the API accepts. */
function checked<T>(assert: (value: T) => void): Shape {
  return (value) => assert(value as T);
}

const runId = all(text, checked(assertRunId));
const artifactName = all(text, checked(assertArtifactName));
const position = object({ runId: text, name: text });
const status = oneOf(RUN_STATUSES);
const experiment = all(text, (value, where) => {
  if (value === "") throw new InvalidOptionError(`Cannot do this: ${where} is empty`);
});

const startOptions = all(
  object({
    id: optional(runId),
    experiment: optional(experiment),
    name: optional(text),
    tags: optional(record(optional(text))),
    parentId: optional(nullable(text)),
    createdBy: optional(text),
    environment: anything,
    attached: optional(flag),
    diff: optional(flag),
    systemMetrics: anything,
  }),
  checked(assertStartOptions),
);

const environment = nullable(all(record(anything), (value, where) => {
  toStoredEdn(value as ParamValue, where);
}));

const runProcess = object({
  host: nullable(text),
  space: nullable(text),
  pid: integer,
  started: nullable(text),
});

const change = object({
  status: optional(status),
  endTime: optional(nullable(date)),
  error: optional(nullable(text)),
  experiment: optional(experiment),
  name: optional(nullable(text)),
});

const batch = all(
  object({
    runId: text,
    keys: list(text),
    values: list(number),
    steps: list(integer),
    times: list(integer),
  }),
  checked(({ keys, values, steps, times }: MetricBatch) => {
    const lengths = new Set([keys, values, steps, times].map(({ length }) => length));
    if (lengths.size > 1) {
      throw new InvalidOptionError("Cannot log metrics: the columns are not of one length");
    }
  }),
);

const dataset = object({
  role: optional(text),
  rows: optional(count),
  columns: optional(count),
  features: optional(list(text)),
  hash: optional(text),
  source: optional(text),
});

const stage = oneOf(MODEL_STAGES);
const stages = mapOf(stage, integer);
const modelState = object({ latest: count, production: list(integer) });
const newVersion = object({
  model: checked(assertModelName),
  modelDescription: nullable(text),
  version: integer,
  runId: text,
  artifact: (value, where) => {
    const key = typeof value === "object" && value !== null && "id" in value ? "id" : "name";
    object({ [key]: text })(value, where);
  },
  stage,
  description: nullable(text),
});

/** Checks that the stages follow the rules of models, which the API enforces for local stores. */
function requireNextVersion(
  { version, stage }: NewModelVersion,
  others: ReadonlyMap<number, string>,
  before: ModelState,
): void {
  if (version !== before.latest + 1) {
    throw new InvalidOptionError(`Cannot add version ${version}: ${before.latest + 1} comes next`);
  }
  requireOneInProduction(new Map(others).set(version, stage), before);
}

function requireOneInProduction(
  stages: ReadonlyMap<number, string>,
  { production }: ModelState,
): void {
  const set = [...stages].filter(([, stage]) => stage === "production").length;
  const left = production.filter((version) => !stages.has(version)).length;
  if (set === 0 || set + left === 1) return;
  throw new InvalidOptionError("Cannot have several versions of a model in production");
}

/** Id of an upload. */
const uploadId: Shape = (value, where) => {
  if (typeof value === "string" && /^[0-9a-f-]{36}$/.test(value)) return;
  throw new InvalidOptionError(`Cannot do this: ${where} takes a UUID`);
};

const artifact = object({
  runId: text,
  name: text,
  contentType: nullable(text),
  size: count,
  hash,
});

/** Operations beyond those of the metadata store. */
type OtherName =
  | "hello"
  | "verify"
  | `imports.${"begin" | "finish"}`
  | `logs.${"append" | "close" | "create" | "finish" | "list" | "read" | "remove" | "stage"}`
  | "artifacts.page"
  | "artifacts.put"
  | "artifacts.putAll"
  | "artifacts.remove"
  | `uploads.${"begin" | "discard" | "finish" | "state"}`;

/** Arguments of each operation. */
const ARGUMENTS: Readonly<Record<OperationName | OtherName, readonly Shape[]>> = {
  "hello": [],
  "verify": [
    object({
      runId: optional(text),
      quick: optional(flag),
      sample: optional(number),
      after: optional(position),
    }),
  ],
  "logs.append": [uploadId, count, text],
  "logs.close": [uploadId],
  "logs.create": [uploadId, runId, artifactName, flag],
  "logs.finish": [uploadId, count],
  "logs.list": [optional(text)],
  "logs.read": [runId, artifactName, count, flag],
  "logs.remove": [runId, artifactName],
  "logs.stage": [uploadId, runId, artifactName],
  "imports.begin": [uploadId, object({ newIds: flag, isPartial: flag })],
  "imports.finish": [uploadId, count, hash],
  "artifacts.put": [
    uploadId,
    artifact,
    object({ ifExists: anything, contentType: anything, portable: optional(flag) }),
  ],
  "artifacts.putAll": [text, list(pair(uploadId, artifact))],
  "artifacts.remove": [text, flag],
  "uploads.begin": [uploadId, object(UPLOAD_DESCRIPTION)],
  "uploads.discard": [uploadId],
  "uploads.finish": [uploadId, count, hash],
  "uploads.state": [uploadId],
  "runs.archive": [text],
  "runs.columns": [text, text],
  "runs.counts": [],
  "runs.datasets": [text],
  "runs.describeExperiment": [
    experiment,
    object({ description: optional(nullable(text)), owner: optional(nullable(text)) }),
  ],
  "runs.document": [text],
  "runs.knownOrRemoved": [list(text)],
  "runs.experiments": [],
  "runs.get": [text],
  "runs.insertParams": [text, mapOf(text)],
  "runs.known": [list(text)],
  "runs.list": [checked(assertQuery)],
  "runs.logDataset": [text, dataset],
  "runs.logMetrics": [batch],
  "runs.metrics": [text, optional(text)],
  "runs.names": [oneOf(["metric", "param", "experiment"])],
  "runs.params": [text],
  "runs.paramTexts": [text],
  "runs.remove": [text, flag],
  "runs.replaceParams": [text, mapOf(text), mapOf(text), record(text)],
  "runs.setTags": [text, record(nullable(text))],
  "runs.start": [startOptions, environment, optional(nullable(runProcess))],
  "runs.summary": [text],
  "runs.unarchive": [text],
  "runs.update": [text, change, optional(list(text))],
  "artifacts.checkName": [text, text],
  "artifacts.checkNames": [text, list(text)],
  "artifacts.byId": [text],
  "artifacts.byName": [text, text],
  "artifacts.list": [checked(assertArtifactQuery)],
  "artifacts.namedByScan": [list(text)],
  "artifacts.page": [optional(text), optional(position)],
  "artifacts.requireRun": [text],
  "artifacts.totals": [optional(text), optional(position)],
  "artifacts.children": [text, text],
  "artifacts.unnamed": [list(text)],
  "models.addVersion": [newVersion, stages, modelState],
  "models.dangling": [],
  "models.describe": [text, nullable(text)],
  "models.find": [text, anything],
  "models.get": [text],
  "models.list": [],
  "models.remove": [text, optional(integer)],
  "models.setStages": [text, stages, modelState],
  "models.stateOf": [text],
  "models.versions": [text],
  "processes.attach": [text, runProcess],
  "processes.heartbeat": [list(text)],
  "processes.running": [],
  "store.check": [],
  "store.identity": [],
  "store.lastVerification": [],
  "store.noteVerification": [object({ time: integer, artifacts: count, damaged: count })],
  "store.size": [],
};

/** Rules for combinations of arguments. */
const TOGETHER: Partial<Record<string, (...args: never[]) => void>> = {
  "models.addVersion": requireNextVersion,
  "models.setStages": (_: string, stages: ReadonlyMap<number, string>, before: ModelState) =>
    requireOneInProduction(stages, before),
};

/**
 * Checks the arguments of an operation.
 *
 * @throws {InvalidOptionError} If one has another shape, or breaks a rule.
 */
export function checkArguments(operation: string, args: unknown): asserts args is unknown[] {
  const shapes = ARGUMENTS[operation as OperationName];
  if (!Array.isArray(args) || args.length > shapes.length) {
    throw new InvalidOptionError(
      `Cannot call ${operation}: it takes ${shapes.length} arguments at most`,
    );
  }
  shapes.forEach((shape, at) => shape(args[at], `argument ${at + 1} of ${operation}`));
  TOGETHER[operation]?.(...args as never[]);
}
