/** Several runs beside each other. */
import { useMemo } from "preact/hooks";
import { get } from "../api.ts";
import { useCell } from "../cell.ts";
import { assignColors } from "../colors.ts";
import { useLive } from "../live.ts";
import { Empty, Problem, Skeleton, Tabs } from "../parts.tsx";
import { type Address, link } from "../route.ts";
import { storeInfo } from "../store_info.ts";
import type { Row, TablePage } from "../types.ts";
import { useLoad } from "../use_load.ts";
import { BoxTab } from "./box.tsx";
import { ComparisonTable } from "./comparison_table.tsx";
import { CurvesTab } from "./curves_tab.tsx";
import { ParallelTab } from "./parallel.tsx";
import { ScatterTab } from "./scatter.tsx";

/** Most runs that are compared at once. */
const MOST = 200;

const TABS = [
  ["table", "Values"],
  ["curves", "Curves"],
  ["scatter", "Scatter"],
  ["parallel", "Parallel"],
  ["box", "Box plot"],
] as const;

/** The runs of the address, in its order. */
export function runsOf(query: URLSearchParams): string[] {
  const ids = (query.get("runs") ?? "").split(",").filter((id) => id !== "");
  return [...new Set(ids)].slice(0, MOST);
}

function quote(id: string): string {
  return `'${id.replaceAll("'", "''")}'`;
}

/** The view. */
export function CompareView({ address }: { address: Address }) {
  const { query } = address;
  const list = query.get("runs") ?? "";
  const ids = useMemo(() => runsOf(query), [list]);
  useCell(storeInfo);
  const { data, error, reload } = useLoad(
    ids.length === 0 ? undefined : `compare ${ids.join()}`,
    (signal) =>
      get<TablePage>("/api/table", {
        filter: `id IN (${ids.map(quote).join(", ")})`,
        archived: "true",
        limit: MOST,
      }, signal),
  );
  useLive((event) => ids.includes(event["run-id"] ?? ""), reload, 2000);
  assignColors(ids);
  const rows = useMemo(() => {
    const byId = new Map(data?.runs.map((row) => [row.id, row]));
    return ids.flatMap((id): readonly Row[] => {
      const row = byId.get(id);
      return row ? [row] : [];
    });
  }, [data, ids]);
  const tab = TABS.find(([name]) => name === query.get("tab"))?.[0] ?? "table";
  if (ids.length === 0) {
    return (
      <main class="page" id="content" tabIndex={-1}>
        <div class="page-head">
          <h1>Compare</h1>
        </div>
        <Empty>
          Select runs in the <a href="#/">table</a> with <kbd>x</kbd>{" "}
          or the boxes at their left, then press <kbd>c</kbd>.
        </Empty>
      </main>
    );
  }
  const missing = data ? ids.length - rows.length : 0;
  return (
    <main class="page" id="content" tabIndex={-1}>
      <div class="page-head">
        <h1>Compare {ids.length === 1 ? "one run" : `${ids.length} runs`}</h1>
        {missing > 0 && <span class="dim">{missing} of them are not in this store</span>}
      </div>
      <Tabs
        label="Ways to compare"
        current={TABS.find(([name]) => name === tab)![1]}
        tabs={TABS.map(([name, words]) => {
          const next = new URLSearchParams(query);
          if (name === "table") next.delete("tab");
          else next.set("tab", name);
          return [words, link(["compare"], next)] as const;
        })}
      />
      <div class="tab-content compare">
        {!data
          ? error === undefined
            ? <Skeleton rows={12} label="Loading the runs" />
            : <Problem words={error} retry={reload} />
          : tab === "table"
          ? <ComparisonTable rows={rows} query={query} />
          : tab === "curves"
          ? <CurvesTab rows={rows} query={query} />
          : tab === "scatter"
          ? <ScatterTab rows={rows} query={query} />
          : tab === "parallel"
          ? <ParallelTab rows={rows} query={query} />
          : <BoxTab rows={rows} query={query} />}
      </div>
    </main>
  );
}
