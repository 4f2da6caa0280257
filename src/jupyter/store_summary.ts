/** A store at a glance. */
import { count, formatBytes } from "../base/format.ts";
import type { Store } from "../store/store.ts";
import { oneLine } from "./cells.ts";
import type { MediaBundle } from "../display/displayable.ts";
import { bundle } from "./bundle.ts";
import { markup } from "./html.ts";
import { experimentsTable, runsTable } from "./lists.ts";
import { tableHtml, tableText } from "./table.ts";

/** Runs that are shown. */
const NEWEST = 5;

/** What a store holds, and its newest runs; of a closed one, where it was. */
export async function showStore(store: Store): Promise<MediaBundle> {
  const place = store.path ?? "in memory";
  let told: string;
  try {
    const { runs, artifacts, bytes } = await store.info();
    const total = Object.values(runs).reduce((sum, number) => sum + number, 0);
    told = `${count(total, "run")}, ${count(artifacts, "artifact")}, ${formatBytes(bytes)}`;
  } catch (error) {
    told = (error as Error).message;
    const body = markup`<h4>Store</h4><div>${place}</div><div class="dim">${told}</div>`;
    return bundle(body, `Store ${oneLine(place)}: ${oneLine(told)}`);
  }
  const experiments = experimentsTable(await store.experiments());
  const newest = runsTable(await store.listRuns({ limit: NEWEST }));
  const body = markup`<h4>Store</h4><div><code>${place}</code></div><div>${told}</div>${
    experiments.rows.length > 0 ? markup`<h5>Experiments</h5>${tableHtml(experiments)}` : undefined
  }${newest.rows.length > 0 ? markup`<h5>Newest runs</h5>${tableHtml(newest)}` : undefined}`;
  const text = [
    `Store ${oneLine(place)}: ${told}`,
    ...experiments.rows.length > 0 ? ["", tableText(experiments)] : [],
    ...newest.rows.length > 0 ? ["", "Newest runs", tableText(newest)] : [],
  ];
  return bundle(body, text.join("\n"));
}
