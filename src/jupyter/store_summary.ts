/** Summary of a store. */
import { count, formatBytes } from "../text/format.ts";
import type { StoreLocation } from "../context/location.ts";
import type { StoreInfo } from "../maintenance/info.ts";
import type { Experiment } from "../metadata/dataset.ts";
import type { Run } from "../metadata/run.ts";
import type { RunQuery } from "../metadata/run_query.ts";
import { oneLine } from "./cells.ts";
import type { MediaBundle } from "../display/displayable.ts";
import { bundle } from "./bundle.ts";
import { markup } from "./html.ts";
import { experimentsTable, runsTable } from "./lists.ts";
import { tableHtml, tableText } from "./table.ts";

/** The part of a store that is displayed. */
export interface DisplayedStore {
  /** Location of the store. */
  readonly location: StoreLocation;
  /** Runs of the store. */
  readonly runs: { list(query: RunQuery): Promise<Run[]> };
  /** Experiments of the store. */
  readonly experiments: { list(): Promise<Experiment[]> };
  /** Returns counts of the store. */
  info(): Promise<StoreInfo>;
}

/** Number of newest runs shown. */
const NEWEST = 5;

/** Displays a store's counts, experiments and newest runs; of a closed store, its location. */
export async function showStore(store: DisplayedStore): Promise<MediaBundle> {
  const place = store.location.database ?? "in memory";
  let details: string;
  try {
    const { runs, artifacts, bytes } = await store.info();
    const total = Object.values(runs).reduce((sum, number) => sum + number, 0);
    details = `${count(total, "run")}, ${count(artifacts, "artifact")}, ${formatBytes(bytes)}`;
  } catch (error) {
    details = (error as Error).message;
    const body = markup`<h4>Store</h4><div>${place}</div><div class="dim">${details}</div>`;
    return bundle(body, `Store ${oneLine(place)}: ${oneLine(details)}`);
  }
  const experiments = experimentsTable(await store.experiments.list());
  const newest = runsTable(await store.runs.list({ limit: NEWEST }));
  const body = markup`<h4>Store</h4><div><code>${place}</code></div><div>${details}</div>${
    experiments.rows.length > 0 ? markup`<h5>Experiments</h5>${tableHtml(experiments)}` : undefined
  }${newest.rows.length > 0 ? markup`<h5>Newest runs</h5>${tableHtml(newest)}` : undefined}`;
  const text = [
    `Store ${oneLine(place)}: ${details}`,
    ...experiments.rows.length > 0 ? ["", tableText(experiments)] : [],
    ...newest.rows.length > 0 ? ["", "Newest runs", tableText(newest)] : [],
  ];
  return bundle(body, text.join("\n"));
}
