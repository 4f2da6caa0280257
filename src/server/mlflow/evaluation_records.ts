/** Records of evaluation datasets. A record is known by its inputs: equal ones are merged. */
import { createHash } from "node:crypto";
import type { DocumentMerge } from "../../metadata/mlflow_documents.ts";
import { DATASET, noDataset, parseDataset, RECORD, requireDataset } from "./evaluation_dataset.ts";
import {
  canonicalJson,
  type ExactObject,
  exactObject,
  numberText,
  parseExact,
} from "./exact_json.ts";
import { invalid } from "./mlflow_error.ts";
import { placeToken, tokenPlace } from "./page_token.ts";
import type { Call } from "./route.ts";

/** Tag that names who wrote a record. */
const USER = "mlflow.user";

/** Records that a page has by default, and at most. */
const PAGE = [1000, 10_000] as const;

/** A record of a request. */
interface SentRecord {
  readonly inputs: ExactObject;
  readonly outputs?: unknown;
  readonly expectations?: ExactObject;
  readonly tags?: ExactObject;
  readonly source?: ExactObject;
}

/** Adds records, or merges them into those of the same inputs, all in one transaction. */
export async function upsertRecords(call: Call): Promise<unknown> {
  const { fields, mlflow, now } = call;
  const id = call.param("dataset_id");
  const list = parseExact("records", fields.text("records"));
  if (!Array.isArray(list)) throw invalid("Invalid value for parameter 'records': no list");
  const records = list.map(sentRecord);
  const time = now();
  const user = records.map(userOf).findLast((user) => user !== undefined);
  const merges = new Map<string, DocumentMerge>();
  for (const [at, record] of records.entries()) {
    const merge = mergeOf(id, record, { time, at });
    const earlier = merges.get(merge.id);
    merges.set(
      merge.id,
      earlier === undefined ? merge : {
        ...earlier,
        data: merge.merge(earlier.data),
        merge: (existing) => merge.merge(earlier.merge(existing)),
      },
    );
  }
  const dataset: DocumentMerge = {
    kind: DATASET,
    id,
    scope: "",
    time,
    data: "",
    mustExist: true,
    merge: (existing) => {
      const before = parseDataset(existing);
      return JSON.stringify({
        ...before,
        schema: schemaWith(before.schema as Schema | undefined, records),
        digest: digestOf(before.name, time),
        last_update_time: time,
        ...user !== undefined && { last_updated_by: user },
      });
    },
  };
  const inserted = await mlflow.documents.merge([dataset, ...merges.values()]);
  if (inserted === undefined) throw noDataset(id);
  return { inserted_count: inserted, updated_count: records.length - inserted };
}

/** Returns a page of records, in the order in which they were added. */
export async function getRecords(call: Call): Promise<unknown> {
  const { fields, mlflow: { documents } } = call;
  const { dataset_id } = await requireDataset(documents, call.param("dataset_id"));
  const { items, more } = await documents.list(RECORD, [dataset_id], {
    limit: fields.limit("max_results", ...PAGE),
    after: tokenPlace(fields.optionalText("page_token")),
    oldestFirst: true,
  });
  return {
    records: `[${items.map(({ data }) => data).join(",")}]`,
    ...more && { next_page_token: placeToken(items.at(-1)!) },
  };
}

/** Removes records. */
export async function deleteRecords(call: Call): Promise<unknown> {
  const { fields, mlflow: { documents } } = call;
  const { dataset_id } = await requireDataset(documents, call.param("dataset_id"));
  const ids = fields.texts("dataset_record_ids");
  return { deleted_count: await documents.remove(RECORD, ids, dataset_id) };
}

/** Digest of the state of a dataset. */
export function digestOf(name: string, time: number): string {
  return createHash("sha256").update(`${name}:${time}`).digest("hex").slice(0, 8);
}

function sentRecord(value: unknown): SentRecord {
  const record = exactObject("records", value);
  for (const name of ["inputs", "expectations", "tags", "source"]) {
    if (record[name] !== undefined && record[name] !== null) exactObject(name, record[name]);
  }
  return { ...record, inputs: exactObject("inputs", record.inputs ?? {}) };
}

function userOf({ tags }: SentRecord): string | undefined {
  const user = tags?.[USER];
  return typeof user === "string" ? user : undefined;
}

function mergeOf(
  dataset: string,
  record: SentRecord,
  { time, at }: { time: number; at: number },
): DocumentMerge {
  const { inputs, outputs = {}, expectations, tags, source } = record;
  const hash = createHash("sha256").update(`${dataset}\n${canonicalJson(inputs)}`).digest("hex");
  const id = `dr-${hash.slice(0, 32)}`;
  const user = userOf(record);
  const created = {
    dataset_record_id: id,
    dataset_id: dataset,
    inputs,
    outputs,
    ...expectations && { expectations },
    tags: tags ?? {},
    ...source && { source },
    created_time: time,
    last_update_time: time,
    ...user !== undefined && { created_by: user, last_updated_by: user },
  };
  return {
    kind: RECORD,
    id,
    scope: dataset,
    // The order in which they were sent: all share a millisecond. Larger factors exceed 2^53.
    time: time * 1000 + Math.min(at, 999),
    data: JSON.stringify(created),
    merge: (existing) => {
      const before = parseExact("records", existing) as ExactObject;
      return JSON.stringify({
        ...before,
        ...Object.hasOwn(record, "outputs") && { outputs: record.outputs },
        ...expectations &&
          { expectations: { ...before.expectations as ExactObject, ...expectations } },
        tags: { ...before.tags as ExactObject, ...tags },
        last_update_time: time,
        ...user !== undefined && { last_updated_by: user },
      });
    },
  };
}

/** Types of the fields of records. */
type Schema = Record<"inputs" | "outputs" | "expectations", Record<string, string> | string>;

function schemaWith(before: Schema | undefined, records: readonly SentRecord[]): unknown {
  const schema = { inputs: {}, outputs: {}, expectations: {}, version: "1.0", ...before };
  for (const record of records) {
    for (const part of ["inputs", "outputs", "expectations"] as const) {
      const value = record[part];
      if (value === undefined || value === null) continue;
      const types = schema[part];
      if (typeOf(value) !== "object") {
        if (JSON.stringify(types) === "{}") schema[part] = typeOf(value);
      } else if (typeof types === "object") {
        for (const [name, item] of Object.entries(value)) {
          if (!Object.hasOwn(types, name)) Object.assign(types, { [name]: typeOf(item) });
        }
      }
    }
  }
  return schema;
}

function typeOf(value: unknown): string {
  const number = numberText(value);
  if (number !== undefined) return /^-?\d+$/.test(number) ? "integer" : "float";
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}
