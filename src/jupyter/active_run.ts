/** A run of an open store: looked up, with all that it has. */
import type { Run } from "../runs/run.ts";
import type { Store } from "../store/store.ts";
import { CURVE_POINTS } from "./curve_svg.ts";
import type { MediaBundle } from "../display/displayable.ts";
import { markdownHtml } from "./markdown.ts";
import { showRun } from "./run.ts";

/** Curves that are drawn at most. */
const MAX_CURVES = 12;

/** Shows a run as it stands now, or, where that cannot be had, as it started. */
export async function showActiveRun(store: Store, started: Run): Promise<MediaBundle> {
  try {
    return showRun(await lookUp(store, started.id));
  } catch {
    // The store is closed, or the run has been removed.
    return showRun({ run: started });
  }
}

async function lookUp(store: Store, id: string): Promise<Parameters<typeof showRun>[0]> {
  const run = await store.getRun(id);
  const metrics = await store.metricSummary(id);
  const curved = metrics.filter(({ count }) => count > 1).slice(0, MAX_CURVES);
  const { note } = run.tags;
  return {
    run,
    metrics,
    params: await store.params(id),
    artifacts: await store.list(id),
    curves: await Promise.all(
      curved.map(({ key }) => store.curve(id, key, { points: CURVE_POINTS })),
    ),
    note: note === undefined ? undefined : await markdownHtml(note),
  };
}
