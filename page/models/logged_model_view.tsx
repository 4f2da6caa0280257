/** A model that an MLflow client has logged, under the address that the client prints. */
import { get, segment } from "../api.ts";
import { type Fact, Facts } from "../facts.tsx";
import { formatNumber, formatTime } from "../format.ts";
import { Problem, Skeleton } from "../parts.tsx";
import { link, runLink } from "../route.ts";
import { useLoad } from "../use_load.ts";

interface Pair {
  readonly key: string;
  readonly value: string;
}

interface LoggedModel {
  readonly info: {
    readonly model_id: string;
    readonly experiment_id: string;
    readonly name: string;
    readonly creation_timestamp_ms: number | string;
    readonly status: string;
    readonly model_type?: string;
    readonly source_run_id?: string;
    readonly tags?: readonly Pair[];
  };
  readonly data: {
    readonly params?: readonly Pair[];
    readonly metrics?: readonly { readonly key: string; readonly value: number | string }[];
  };
}

const STATUS_WORDS: Readonly<Record<string, string>> = {
  LOGGED_MODEL_PENDING: "still being logged",
  LOGGED_MODEL_READY: "ready",
  LOGGED_MODEL_UPLOAD_FAILED: "its upload failed",
};

/** The view. */
export function LoggedModelView({ id }: { id: string }) {
  const { data, error, reload } = useLoad(
    `logged model ${id}`,
    (signal) =>
      get<{ model: LoggedModel }>(`/ajax-api/2.0/mlflow/logged-models/${segment(id)}`, {}, signal),
  );
  if (!data) {
    return (
      <main class="page" id="content" tabIndex={-1}>
        {error === undefined
          ? <Skeleton rows={8} label="Loading the model" />
          : <Problem words={error} retry={reload} />}
      </main>
    );
  }
  const { info, data: { params = [], metrics = [] } } = data.model;
  // A model without a run has one of its own, of the same id, that keeps its files.
  const run = info.source_run_id || id;
  const textFact = ({ key, value }: Pair): Fact => ({
    name: key,
    title: value,
    cells: [<bdi key="value" class="mono">{value}</bdi>],
  });
  return (
    <main class="page" id="content" tabIndex={-1}>
      <nav class="crumbs" aria-label="Where this model is">
        <a href={link(["experiments", info.experiment_id])}>Experiment</a>
        <span aria-hidden="true">/</span>
        <a href={runLink(run)} class="mono">{run.slice(0, 8)}</a>
      </nav>
      <div class="page-head">
        <h1>
          <bdi>{info.name}</bdi>
        </h1>
        <span class="badge">logged model</span>
        <span class="dim">{STATUS_WORDS[info.status] ?? info.status}</span>
        <div class="actions push">
          <a class="button" href={runLink(run, "files")}>Files</a>
        </div>
      </div>
      <div class="overview">
        <div class="column">
          <Facts
            title="Metrics"
            numeric
            heads={["value"]}
            empty="No metrics were logged for this model."
            facts={metrics.map(({ key, value }) => ({
              name: key,
              cells: [formatNumber(Number(value), 5)],
            }))}
          />
          <Facts title="Params" empty="No params." facts={params.map(textFact)} />
        </div>
        <div class="column">
          <Facts
            title="Model"
            empty=""
            facts={[
              { name: "id", cells: [<span key="id" class="mono">{info.model_id}</span>] },
              { name: "created", cells: [formatTime(Number(info.creation_timestamp_ms))] },
              ...info.model_type ? [{ name: "type", cells: [info.model_type] }] : [],
            ]}
          />
          <Facts
            title="Tags"
            empty="No tags."
            facts={(info.tags ?? []).filter(({ key }) => !key.startsWith("mlflow.")).map(textFact)}
          />
        </div>
      </div>
    </main>
  );
}
