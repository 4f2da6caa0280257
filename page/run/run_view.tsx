/** One run. */
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { get, segment } from "../api.ts";
import { useCell } from "../cell.ts";
import { assignColors } from "../colors.ts";
import { formatDuration } from "../format.ts";
import { useKeys } from "../keyboard.ts";
import { useLive } from "../live.ts";
import { Ago, Copy, Problem, Skeleton, Status, Swatch, Tabs } from "../parts.tsx";
import { type Address, go, link, RUN_TABS, runLink, type RunTab, type View } from "../route.ts";
import { experimentReference, storeInfo } from "../store_info.ts";
import type { RunDetail } from "../types.ts";
import { useLoad } from "../use_load.ts";
import { RunCharts } from "./charts.tsx";
import { EditButton } from "./edit.tsx";
import { FilesView } from "./files.tsx";
import { LogView } from "./log.tsx";
import { togglePanel } from "./panel.ts";
import { Overview } from "./overview.tsx";

const TAB_WORDS: Readonly<Record<RunTab, string>> = {
  overview: "Overview",
  charts: "Charts",
  files: "Files",
  log: "Log",
};

/** The view of a run, with its tabs. */
export function RunView({ address, view, table, isPanel }: {
  address: Address;
  view: View & { name: "run" };
  /** The address of the table, where it has room for a run beside it. */
  table: string | undefined;
  /** Whether it is beside the table. */
  isPanel: boolean;
}) {
  const { id, tab } = view;
  useCell(storeInfo);
  const { data: run, error, reload } = useLoad(
    `run ${id}`,
    (signal) => get<RunDetail>(`/api/runs/${segment(id)}`, { points: "none" }, signal),
  );
  useLive((event) => event["run-id"] === id, reload, 1500);
  assignColors([id]);
  useEffect(() => {
    document.title = `${run?.name || id} · chachaml`;
    return () => void (document.title = "chachaml");
  }, [run?.name]);
  useKeys({
    Escape: () => isPanel ? go(table!) : history.length > 1 ? history.back() : go("#/"),
    ...Object.fromEntries(
      RUN_TABS.map((name, at) => [String(at + 1), () => go(runLink(id, name))]),
    ),
  });
  if (!run) {
    return (
      <Frame isPanel={isPanel}>
        {error === undefined
          ? <Skeleton rows={14} label="Loading the run" />
          : <Problem words={error} retry={reload} />}
      </Frame>
    );
  }
  const metrics = Object.keys(run["metric-summary"] ?? {}).length;
  const files = run.artifacts?.length ?? 0;
  return (
    <Frame isPanel={isPanel} kind={`run-page tab-${tab}`}>
      <nav class="crumbs" aria-label="Where this run is">
        <a href="#/">Runs</a>
        <span aria-hidden="true">/</span>
        <a href={link(["experiments", experimentReference(run.experiment)])}>
          <bdi>{run.experiment}</bdi>
        </a>
        {run["parent-run-id"] && (
          <>
            <span aria-hidden="true">/</span>
            <a href={runLink(run["parent-run-id"])} class="mono">
              {run["parent-run-id"].slice(0, 8)}
            </a>
          </>
        )}
      </nav>
      <div class="page-head">
        <h1>
          <Swatch id={id} />
          <bdi>{run.name || id}</bdi>
        </h1>
        <Status status={run.status} dead={run.dead} />
        <span class="dim">
          <Ago time={run["start-time"]} />
          {", "}
          {formatDuration(tookOf(run))}
          {run["created-by"] ? `, by ${run["created-by"]}` : ""}
        </span>
        <Copy text={id} shown={id.slice(0, 8)} label="the run's id" />
        <div class="actions push">
          <a class="button" href={link(["compare"], { runs: id })}>Compare</a>
          <EditButton run={run} onChanged={reload} />
          {table !== undefined && (
            <button
              type="button"
              class="quiet icon"
              aria-label={isPanel ? "Show in the whole page" : "Show beside the table"}
              title={isPanel ? "Show in the whole page" : "Show beside the table"}
              onClick={togglePanel}
            >
              {isPanel ? "⤢" : "◨"}
            </button>
          )}
          {isPanel && table !== undefined && (
            <a class="button quiet icon" href={table} aria-label="Close" title="Close (Esc)">×</a>
          )}
        </div>
      </div>
      {run.error && (
        <p class="run-error mono">
          <bdi>{run.error}</bdi>
        </p>
      )}
      <Tabs
        label="Parts of the run"
        current={TAB_WORDS[tab]}
        tabs={RUN_TABS.map((name) => {
          const number = { charts: metrics, files, overview: 0, log: 0 }[name];
          return number > 0
            ? [TAB_WORDS[name], runLink(id, name), String(number)] as const
            : [TAB_WORDS[name], runLink(id, name)] as const;
        })}
      />
      <div class="tab-content">
        {tab === "overview" && <Overview run={run} />}
        {tab === "charts" && <RunCharts run={run} query={address.query} />}
        {tab === "files" && <FilesView run={run} path={view.path} query={address.query} />}
        {tab === "log" && <LogView run={run} query={address.query} />}
      </div>
    </Frame>
  );
}

/** The page of a run, or the panel beside the table. */
function Frame({ isPanel, kind = "", children }: {
  isPanel: boolean;
  kind?: string;
  children: ComponentChildren;
}) {
  if (isPanel) return <aside class={`page panel ${kind}`} aria-label="Run">{children}</aside>;
  return <main class={`page ${kind}`} id="content" tabIndex={-1}>{children}</main>;
}

function tookOf(run: RunDetail): number | undefined {
  const end = run["end-time"] ??
    (run.status === "running" && !run.dead ? Date.now() : undefined);
  return end === undefined ? undefined : end - run["start-time"];
}
