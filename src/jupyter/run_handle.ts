/** Display of a run handle, with everything recorded for its run. */
import type { RunHandle } from "../runs/run_handle.ts";
import { CURVE_POINTS } from "./curve_svg.ts";
import type { MediaBundle } from "../display/displayable.ts";
import { markdownHtml } from "./markdown.ts";
import { showRun } from "./run.ts";

/** Maximum number of curves. */
const MAX_CURVES = 12;

/** Displays the current state of a run; if it cannot be read, the last known one. */
export async function showRunHandle(handle: RunHandle): Promise<MediaBundle> {
  try {
    return showRun(await lookUp(handle));
  } catch {
    // The store was closed or the run removed.
    return showRun({ run: handle.info });
  }
}

async function lookUp(handle: RunHandle): Promise<Parameters<typeof showRun>[0]> {
  const run = await handle.record();
  const metrics = await handle.summary();
  const curved = metrics.filter(({ count }) => count > 1).slice(0, MAX_CURVES);
  const { note } = run.tags;
  return {
    run,
    metrics,
    params: await handle.params(),
    artifacts: await handle.list(),
    curves: await Promise.all(curved.map(({ key }) => handle.curve(key, { points: CURVE_POINTS }))),
    note: note === undefined ? undefined : await markdownHtml(note),
  };
}
