/** Stored evaluation datasets and their form in the protocol. */
import type { MlflowDocuments } from "../../metadata/mlflow_documents.ts";
import { missing } from "./mlflow_error.ts";

/** The kinds of documents: datasets, and their records, whose scope is the dataset. */
export const DATASET = "dataset";
export const RECORD = "record";

/** An evaluation dataset. */
export interface EvaluationDataset {
  readonly dataset_id: string;
  readonly name: string;
  readonly tags: Readonly<Record<string, string>>;
  /** Types of the fields of its records. */
  readonly schema?: unknown;
  /** Changes with each change of the records. */
  readonly digest: string;
  /** Epoch milliseconds. */
  readonly created_time: number;
  /** Epoch milliseconds. */
  readonly last_update_time: number;
  readonly created_by?: string | undefined;
  readonly last_updated_by?: string | undefined;
  readonly experiment_ids: readonly string[];
}

/** Parses the document of a dataset. */
export function parseDataset(data: string): EvaluationDataset {
  return JSON.parse(data) as EvaluationDataset;
}

/** Returns datasets as the protocol writes them: tags, schema and profile are JSON text. */
export async function shownDatasets(
  documents: MlflowDocuments,
  datasets: readonly EvaluationDataset[],
): Promise<object[]> {
  const counts = await documents.count(RECORD, datasets.map(({ dataset_id }) => dataset_id));
  return datasets.map(({ tags, schema, experiment_ids, ...dataset }) => {
    const num_records = counts.get(dataset.dataset_id);
    return {
      ...dataset,
      tags: JSON.stringify(tags),
      ...schema !== undefined && { schema: JSON.stringify(schema) },
      ...num_records !== undefined && { profile: JSON.stringify({ num_records }) },
      ...experiment_ids.length > 0 && { experiment_ids },
    };
  });
}

/** Returns a dataset by id. Throws if it does not exist. */
export async function requireDataset(
  documents: MlflowDocuments,
  id: string,
): Promise<EvaluationDataset> {
  const data = await documents.get(DATASET, id);
  if (data === undefined) throw noDataset(id);
  return parseDataset(data);
}

/** Changes a dataset in one transaction; an error if it is not there. */
export async function changeDataset(
  documents: MlflowDocuments,
  id: string,
  apply: (dataset: EvaluationDataset) => EvaluationDataset,
): Promise<EvaluationDataset> {
  let changed: EvaluationDataset | undefined;
  const isThere = await documents.change(
    DATASET,
    id,
    (data) => JSON.stringify(changed = apply(parseDataset(data))),
  );
  if (!isThere) throw noDataset(id);
  return changed!;
}

/** An error for a dataset that is not there. */
export function noDataset(id: string): Error {
  return missing(`Evaluation dataset with id '${id}' not found`);
}
