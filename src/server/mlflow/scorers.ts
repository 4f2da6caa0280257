/** Scorers: versions of serialized judges, kept by experiment and never executed here. */
import { eachDocument } from "./document_search.ts";
import { requireExperiment } from "./experiments.ts";
import { invalid, missing } from "./mlflow_error.ts";
import { type Call, type Route, route } from "./route.ts";
import { listed } from "./search.ts";

/** The kind of documents. */
export const SCORER = "scorer";

/** A version of a scorer, as the protocol writes it. */
interface ScorerVersion {
  readonly experiment_id: string;
  readonly scorer_name: string;
  readonly scorer_version: number;
  readonly serialized_scorer: string;
  /** Epoch milliseconds. */
  readonly creation_time: number;
  readonly scorer_id: string;
}

/** A stored scorer. Version numbers are not reused. */
interface Scorer {
  readonly id: string;
  readonly highest: number;
  readonly versions: readonly ScorerVersion[];
}

function parseScorer(data: string): Scorer {
  return JSON.parse(data) as Scorer;
}

/** The scorer that a request names. */
function named({ fields }: Call): { experiment: string; name: string; id: string } {
  const experiment = fields.text("experiment_id");
  const name = fields.text("name");
  return { experiment, name, id: JSON.stringify([experiment, name]) };
}

async function register(call: Call): Promise<unknown> {
  const { fields, mlflow, now } = call;
  const { experiment, name, id } = named(call);
  const serialized_scorer = fields.text("serialized_scorer");
  try {
    JSON.parse(serialized_scorer);
  } catch {
    throw invalid("Invalid value for parameter 'serialized_scorer': it must be JSON");
  }
  await requireExperiment(call, experiment);
  const time = now();
  const next = (before: Scorer): Scorer => {
    const version: ScorerVersion = {
      experiment_id: experiment,
      scorer_name: name,
      scorer_version: before.highest + 1,
      serialized_scorer,
      creation_time: time,
      scorer_id: before.id,
    };
    added = version;
    return { ...before, highest: before.highest + 1, versions: [...before.versions, version] };
  };
  let added: ScorerVersion;
  const first = next({ id: crypto.randomUUID(), highest: 0, versions: [] });
  await mlflow.documents.merge([{
    kind: SCORER,
    id,
    scope: experiment,
    time,
    data: JSON.stringify(first),
    merge: (existing) => JSON.stringify(next(parseScorer(existing))),
  }]);
  const { scorer_name, scorer_version, ...rest } = added!;
  return { ...rest, name: scorer_name, version: scorer_version };
}

/** The latest version of each scorer of some experiments, or of all. */
async function list({ fields, mlflow: { documents } }: Call): Promise<unknown> {
  const experiments = fields.texts("experiment_ids", "experiment_id");
  const scopes = experiments.length === 0 ? undefined : experiments;
  const latest: ScorerVersion[] = [];
  for await (const { data } of eachDocument(documents, SCORER, scopes)) {
    latest.push(...parseScorer(data).versions.slice(-1));
  }
  latest.sort((a, b) => a.scorer_name < b.scorer_name ? -1 : 1);
  return listed("scorers", latest);
}

async function versionsOf(call: Call): Promise<readonly ScorerVersion[]> {
  const { experiment, name, id } = named(call);
  const data = await call.mlflow.documents.get(SCORER, id);
  const { versions } = data === undefined ? { versions: [] } : parseScorer(data);
  if (versions.length > 0) return versions;
  throw missing(`Scorer with name '${name}' not found for experiment ${experiment}.`);
}

async function get(call: Call): Promise<unknown> {
  const versions = await versionsOf(call);
  const wanted = call.fields.optionalInteger("version");
  const scorer = wanted === undefined
    ? versions.at(-1)
    : versions.find(({ scorer_version }) => scorer_version === wanted);
  if (scorer) return { scorer };
  throw noVersion(call, wanted!);
}

function noVersion(call: Call, version: number): Error {
  return missing(`Scorer '${named(call).name}' has no version ${version}.`);
}

/** Removes a version, or the scorer with all its versions. */
async function remove(call: Call): Promise<unknown> {
  const { documents } = call.mlflow;
  const { id } = named(call);
  await versionsOf(call);
  const version = call.fields.optionalInteger("version");
  if (version === undefined) {
    await documents.remove(SCORER, [id]);
    return {};
  }
  let isThere = false;
  await documents.change(SCORER, id, (data) => {
    const before = parseScorer(data);
    const versions = before.versions.filter(({ scorer_version }) => scorer_version !== version);
    isThere = versions.length < before.versions.length;
    return JSON.stringify({ ...before, versions });
  });
  if (isThere) return {};
  throw noVersion(call, version);
}

/** The endpoints of scorers. */
export const SCORER_ROUTES: readonly Route[] = [
  route("POST", "scorers/register", register),
  route("GET", "scorers/list", list),
  route(
    "GET",
    "scorers/versions",
    async (call) => listed("scorers", await versionsOf(call)),
  ),
  route("GET", "scorers/get", get),
  route("DELETE", "scorers/delete", remove),
];
