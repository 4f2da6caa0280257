/** Plots as SVG text, without a browser. */
import * as vega from "npm:vega@~6.4.0";
import { compile, type TopLevelSpec } from "npm:vega-lite@~6.5.0";

/** Renders a Vega-Lite plot. */
export async function renderSvg(spec: TopLevelSpec): Promise<string> {
  const view = new vega.View(vega.parse(compile(spec).spec), { renderer: "none" });
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}

/** The loss over the epochs, as a line. */
export function lossCurve(losses: readonly number[]): TopLevelSpec {
  return {
    title: "Training loss",
    width: 400,
    height: 220,
    data: { values: losses.map((loss, epoch) => ({ epoch, loss })) },
    mark: { type: "line", point: true },
    encoding: {
      x: { field: "epoch", type: "quantitative" },
      y: { field: "loss", type: "quantitative" },
    },
  };
}
