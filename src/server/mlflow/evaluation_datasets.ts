/** Evaluation datasets: named lists of records with inputs and expectations. */
import { type Grammar, parseFilter, parseOrder } from "../../metadata/filter.ts";
import type { Clause } from "../../metadata/mlflow_query.ts";
import type { Value } from "./clause_match.ts";
import { searchDocuments } from "./document_search.ts";
import {
  changeDataset,
  DATASET,
  type EvaluationDataset,
  parseDataset,
  RECORD,
  requireDataset,
  shownDatasets,
} from "./evaluation_dataset.ts";
import { deleteRecords, digestOf, getRecords, upsertRecords } from "./evaluation_records.ts";
import { exactObject, numberText, parseExact } from "./exact_json.ts";
import type { Fields } from "./fields.ts";
import { assertTag } from "./limits.ts";
import { type Call, type Route, route } from "./route.ts";
import { listed } from "./search.ts";

/** Attribute that is the time of a dataset. */
const TIME = "created_time";

/** Grammar for evaluation datasets. */
const DATASETS: Grammar = {
  noun: "evaluation datasets",
  texts: { name: [], created_by: [], last_updated_by: [], dataset_id: [] },
  numbers: { [TIME]: [], last_update_time: [] },
  lists: ["name", "dataset_id"],
  entities: ["tag"],
};

async function create(call: Call): Promise<unknown> {
  const { fields, mlflow: { documents }, now } = call;
  const name = fields.text("name");
  const tags = tagsOf(fields, false);
  const time = now();
  const user = tags["mlflow.user"] ?? call.user ?? undefined;
  const dataset: EvaluationDataset = {
    dataset_id: `d-${crypto.randomUUID().replaceAll("-", "")}`,
    name,
    tags,
    digest: digestOf(name, time),
    created_time: time,
    last_update_time: time,
    created_by: user,
    last_updated_by: user,
    experiment_ids: [...new Set(fields.texts("experiment_ids"))],
  };
  const { dataset_id: id } = dataset;
  const data = JSON.stringify(dataset);
  await documents.put({ kind: DATASET, id, scope: "", time, data });
  return { dataset: await shown(call, dataset) };
}

/** The tags of a request: JSON text of an object. `null` leaves a tag as it is. */
function tagsOf(fields: Fields, isRequired: boolean): Record<string, string> {
  const text = isRequired ? fields.text("tags") : fields.optionalText("tags") || "{}";
  const tags = exactObject("tags", parseExact("tags", text));
  return Object.fromEntries(
    Object.entries(tags).filter(([, value]) => value !== null).map(([key, value]) => {
      const shown = typeof value === "string" ? value : numberText(value) ?? JSON.stringify(value);
      assertTag("model", { key, value: shown });
      return [key, shown];
    }),
  );
}

async function shown({ mlflow }: Call, dataset: EvaluationDataset): Promise<unknown> {
  return (await shownDatasets(mlflow.documents, [dataset]))[0];
}

async function get(call: Call): Promise<unknown> {
  const dataset = await requireDataset(call.mlflow.documents, call.param("dataset_id"));
  return { dataset: await shown(call, dataset) };
}

/** Removes a dataset with its records; one that is not there is no error, as with MLflow. */
async function remove(call: Call): Promise<unknown> {
  const { documents } = call.mlflow;
  const id = call.param("dataset_id");
  await documents.remove(DATASET, [id]);
  await documents.removeScope([RECORD], id);
  return {};
}

async function search({ fields, mlflow: { documents } }: Call): Promise<unknown> {
  const experiments = new Set(fields.texts("experiment_ids"));
  const { items, next } = await searchDocuments(documents, {
    kind: DATASET,
    scopes: undefined,
    clauses: parseFilter(fields.optionalText("filter_string", "filter"), DATASETS),
    order: parseOrder(fields.texts("order_by"), DATASETS),
    timeKey: TIME,
    limit: fields.limit("max_results", 1000, 1000),
    token: fields.optionalText("page_token"),
    parse: parseDataset,
    isIn: ({ experiment_ids }) =>
      experiments.size === 0 || experiment_ids.some((id) => experiments.has(id)),
    valueOf,
  });
  return { ...listed("datasets", await shownDatasets(documents, items)), ...next };
}

function valueOf(
  dataset: EvaluationDataset,
  { entity, key }: Pick<Clause, "entity" | "key">,
): Value {
  if (entity === "tag") return Object.hasOwn(dataset.tags, key) ? dataset.tags[key] : undefined;
  return dataset[key as "name" | typeof TIME];
}

async function setTags(call: Call): Promise<unknown> {
  const tags = tagsOf(call.fields, true);
  await changeDataset(
    call.mlflow.documents,
    call.param("dataset_id"),
    (dataset) => ({ ...dataset, tags: { ...dataset.tags, ...tags } }),
  );
  return {};
}

async function deleteTag(call: Call): Promise<unknown> {
  const key = call.param("key");
  await changeDataset(call.mlflow.documents, call.param("dataset_id"), (dataset) => ({
    ...dataset,
    tags: Object.fromEntries(Object.entries(dataset.tags).filter(([name]) => name !== key)),
  }));
  return {};
}

async function experimentIds(call: Call): Promise<unknown> {
  const dataset = await requireDataset(call.mlflow.documents, call.param("dataset_id"));
  return listed("experiment_ids", dataset.experiment_ids);
}

/** Changes the experiments that a dataset belongs to. */
async function changeExperiments(
  call: Call,
  change: (before: readonly string[], given: readonly string[]) => Iterable<string>,
): Promise<unknown> {
  const given = call.fields.texts("experiment_ids");
  const last_update_time = call.now();
  const changed = await changeDataset(
    call.mlflow.documents,
    call.param("dataset_id"),
    (dataset) => ({
      ...dataset,
      experiment_ids: [...change(dataset.experiment_ids, given)],
      last_update_time,
    }),
  );
  return { dataset: await shown(call, changed) };
}

const ONE = "datasets/:dataset_id";

/** The endpoints of evaluation datasets. */
export const EVALUATION_DATASET_ROUTES: readonly Route[] = [
  route("POST", "datasets/create", create),
  route("POST", "datasets/search", search),
  route("GET", "datasets/search", search),
  route("GET", ONE, get),
  route("DELETE", ONE, remove),
  route("POST", `${ONE}/records`, upsertRecords),
  route("GET", `${ONE}/records`, getRecords),
  route("DELETE", `${ONE}/records`, deleteRecords),
  route("PATCH", `${ONE}/tags`, setTags),
  route("DELETE", `${ONE}/tags/:key`, deleteTag),
  route("GET", `${ONE}/experiment-ids`, experimentIds),
  route(
    "POST",
    `${ONE}/add-experiments`,
    (call) => changeExperiments(call, (before, given) => new Set([...before, ...given])),
  ),
  route(
    "POST",
    `${ONE}/remove-experiments`,
    (call) =>
      changeExperiments(call, (before, given) => before.filter((id) => !given.includes(id))),
  ),
];
