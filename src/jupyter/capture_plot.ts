/** Files from Vega and Vega-Lite plots: the specification and its image. */
import type { Form } from "./form.ts";

/**
 * Variables hide these specifiers from static analysis, so that programs without plots do not
 * download them.
 */
const [VEGA, VEGA_LITE] = ["npm:vega@~6.4.0", "npm:vega-lite@~6.5.0"];

/** The parts of the libraries in use. */
interface Vega {
  parse(spec: unknown): unknown;
  View: new (runtime: unknown, options: { renderer: "none" }) => {
    toSVG(): Promise<string>;
    finalize(): void;
  };
}
interface VegaLite {
  compile(spec: unknown): { readonly spec: unknown };
}

/** Returns the specification of a plot and its image; an empty array for other values. */
export async function formsOfPlot(value: object): Promise<Form[]> {
  const { toSpec } = value as { toSpec?: () => unknown };
  const spec = typeof toSpec === "function" ? toSpec.call(value) : value;
  const extension = specExtension(spec);
  if (extension === undefined) return [];
  return [
    { extension, source: JSON.stringify(spec, null, 2) },
    { extension: ".svg", source: await render(spec, extension === ".vl.json") },
  ];
}

/** Returns the file extension for a specification, by its schema. */
function specExtension(spec: unknown): string | undefined {
  const schema = (spec as { $schema?: unknown } | null)?.$schema;
  if (typeof schema !== "string") return undefined;
  const library = /\/schema\/(vega|vega-lite)\//.exec(schema)?.[1];
  return library && (library === "vega" ? ".vg.json" : ".vl.json");
}

async function render(spec: unknown, isLite: boolean): Promise<string | Error> {
  try {
    const vega: Vega = await import(VEGA!);
    const lite: VegaLite | undefined = isLite ? await import(VEGA_LITE!) : undefined;
    // The libraries may modify their input.
    const own: unknown = structuredClone(spec);
    const view = new vega.View(vega.parse(lite ? lite.compile(own).spec : own), {
      renderer: "none",
    });
    try {
      return await view.toSVG();
    } finally {
      view.finalize();
    }
  } catch (error) {
    return new Error(`Cannot draw the plot: ${(error as Error).message}`, { cause: error });
  }
}
