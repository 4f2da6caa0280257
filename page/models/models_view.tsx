/** The models, or one of them with its versions. */
import { useState } from "preact/hooks";
import { get, messageOf, post, segment } from "../api.ts";
import { useCell } from "../cell.ts";
import { formatTime } from "../format.ts";
import { useLive } from "../live.ts";
import { Markdown } from "../markdown.tsx";
import { Ago, Dialog, Empty, Problem, Skeleton } from "../parts.tsx";
import { type Address, link, runLink, setQuery } from "../route.ts";
import { canWrite, storeInfo } from "../store_info.ts";
import type { ModelInfo, VersionInfo } from "../types.ts";
import { useLoad } from "../use_load.ts";
import { VersionDiff } from "./version_diff.tsx";

const STAGES = ["none", "staging", "production", "archived"];

/** The view. */
export function ModelsView({ model, address }: { model: string | undefined; address: Address }) {
  useCell(storeInfo);
  return (
    <main class="page" id="content" tabIndex={-1}>
      {model === undefined
        ? <ModelList />
        : <Model key={model} name={model} query={address.query} />}
    </main>
  );
}

function ModelList() {
  const { data, error, reload } = useLoad(
    "models",
    (signal) => get<ModelInfo[]>("/api/models", {}, signal),
  );
  useLive((event) => event.kind === "model" || event.kind === "removed", reload, 2000);
  return (
    <>
      <div class="page-head">
        <h1>Models</h1>
      </div>
      {!data
        ? error === undefined
          ? <Skeleton rows={6} label="Loading the models" />
          : <Problem words={error} retry={reload} />
        : data.length === 0
        ? (
          <Empty>
            No models yet. Make an artifact the first version of one:{" "}
            <code>chachaml register MODEL RUN ARTIFACT</code>
          </Empty>
        )
        : (
          <div class="grid-scroll" tabIndex={0} role="region" aria-label="Models">
            <table class="grid full">
              <thead>
                <tr>
                  <th scope="col">model</th>
                  <th scope="col" class="right">versions</th>
                  <th scope="col" class="right">in production</th>
                  <th scope="col">description</th>
                  <th scope="col">created</th>
                </tr>
              </thead>
              <tbody>
                {data.map((model) => (
                  <tr key={model.name}>
                    <td>
                      <a href={link(["models", model.name])}>
                        <bdi>{model.name}</bdi>
                      </a>
                    </td>
                    <td class="right">{model.versions ?? ""}</td>
                    <td class="right">{model.production ?? <span class="none">–</span>}</td>
                    <td title={model.description ?? undefined}>
                      <bdi>{model.description?.split("\n")[0]}</bdi>
                    </td>
                    <td>
                      <Ago time={model["created-at"]} />
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
    </>
  );
}

function Model({ name, query }: { name: string; query: URLSearchParams }) {
  const { data, error, reload } = useLoad(
    `model ${name}`,
    (signal) =>
      get<{ model: ModelInfo; versions: VersionInfo[] }>(
        `/api/models/${segment(name)}`,
        {},
        signal,
      ),
  );
  useLive((event) => event.kind === "model" || event.kind === "removed", reload, 2000);
  const [describes, setDescribes] = useState(false);
  const [problem, setProblem] = useState("");
  if (!data) {
    return error === undefined
      ? <Skeleton rows={8} label="Loading the model" />
      : <Problem words={error} retry={reload} />;
  }
  const { model } = data;
  const versions = [...data.versions].sort((a, b) => b.version - a.version);
  const promote = async (version: number, stage: string) => {
    try {
      await post(`/api/models/${segment(name)}/promote`, { version, stage });
      setProblem("");
    } catch (error) {
      setProblem(messageOf(error));
    }
    reload();
  };
  const [a, b] = [versions[1]?.version, versions[0]?.version];
  const from = Number(query.get("from") ?? a ?? 0);
  const to = Number(query.get("to") ?? b ?? 0);
  return (
    <>
      <nav class="crumbs" aria-label="Where this model is">
        <a href="#/models">Models</a>
      </nav>
      <div class="page-head">
        <h1>
          <bdi>{name}</bdi>
        </h1>
        <span class="dim">since {formatTime(model["created-at"])}</span>
        {canWrite() && (
          <div class="actions push">
            <button type="button" onClick={() => setDescribes(true)}>Describe</button>
          </div>
        )}
      </div>
      {model.description && (
        <div class="note spaced">
          <Markdown text={model.description} />
        </div>
      )}
      {problem !== "" && <Problem words={problem} />}
      <div class="grid-scroll spaced" tabIndex={0} role="region" aria-label={`Versions of ${name}`}>
        <table class="grid full">
          <thead>
            <tr>
              <th scope="col" class="right">version</th>
              <th scope="col">stage</th>
              <th scope="col">aliases</th>
              <th scope="col">artifact</th>
              <th scope="col">run</th>
              <th scope="col">created</th>
              <th scope="col">description</th>
            </tr>
          </thead>
          <tbody>
            {versions.map((version) => (
              <Version
                key={version.version}
                version={version}
                onStage={(stage) => void promote(version.version, stage)}
              />
            ))}
          </tbody>
        </table>
      </div>
      {versions.length > 1 && (
        <VersionDiff
          model={name}
          versions={versions.map(({ version }) => version)}
          from={from}
          to={to}
          onChange={(from, to) => setQuery({ from: String(from), to: String(to) })}
        />
      )}
      {describes && (
        <DescribeDialog
          model={model}
          onClose={() => setDescribes(false)}
          onSaved={() => {
            setDescribes(false);
            reload();
          }}
        />
      )}
    </>
  );
}

function Version({ version, onStage }: { version: VersionInfo; onStage: (stage: string) => void }) {
  const run = version["run-id"];
  const stage = version.stage ?? "none";
  return (
    <tr>
      <td class="right">{version.version}</td>
      <td>
        {canWrite()
          ? (
            <select
              class={`stage stage-${stage}`}
              aria-label={`Stage of version ${version.version}`}
              value={stage}
              onChange={({ currentTarget }) => onStage(currentTarget.value)}
            >
              {STAGES.map((name) => <option key={name} value={name}>{name}</option>)}
            </select>
          )
          : <span class={`badge ${stage}`}>{stage}</span>}
      </td>
      <td>
        {version.aliases?.map((alias) => (
          <span key={alias} class="badge">
            <bdi>{alias}</bdi>
          </span>
        ))}
      </td>
      <td>
        {version.artifact == null
          ? <span class="dim">removed</span>
          : run
          ? (
            <a href={runLink(run, "files", version.artifact)}>
              <bdi>{version.artifact}</bdi>
            </a>
          )
          : <bdi>{version.artifact}</bdi>}
      </td>
      <td>{run && <a class="mono" href={runLink(run)}>{run.slice(0, 8)}</a>}</td>
      <td>
        <Ago time={version["created-at"]} />
      </td>
      <td title={version.description ?? undefined}>
        <bdi>{version.description?.split("\n")[0]}</bdi>
      </td>
    </tr>
  );
}

function DescribeDialog({ model, onClose, onSaved }: {
  model: ModelInfo;
  onClose: () => void;
  onSaved: () => void;
}) {
  const [text, setText] = useState(model.description ?? "");
  const [error, setError] = useState("");
  const save = async (event: Event) => {
    event.preventDefault();
    try {
      await post(`/api/models/${segment(model.name)}/describe`, { description: text });
      onSaved();
    } catch (problem) {
      setError(messageOf(problem));
    }
  };
  return (
    <Dialog title={`Describe ${model.name}`} onClose={onClose}>
      <form class="stack" onSubmit={(event) => void save(event)}>
        <label class="field">
          <span>Description, in Markdown</span>
          <textarea
            rows={8}
            dir="auto"
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
          />
        </label>
        <p class="error" role="alert">{error}</p>
        <button type="submit" class="primary">Save</button>
      </form>
    </Dialog>
  );
}
