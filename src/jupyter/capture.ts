/** Stores the displayed formats of a value as artifacts. */
import type { Artifact } from "../artifacts/artifact.ts";
import type { PutOptions } from "../artifacts/put_options.ts";
import { InvalidSourceError } from "../base/errors.ts";
import type { CapturedDisplay, CaptureOptions } from "../artifacts/captured_display.ts";
import type { Form } from "./form.ts";
import { formsOfBundle } from "./capture_bundle.ts";
import { formsOfFrame } from "./capture_frame.ts";
import { pictureExtension, pictureOf } from "./capture_picture.ts";
import { formsOfPlot } from "./capture_plot.ts";
import { asDisplayable, DISPLAY } from "../display/displayable.ts";

/** Target of captured artifacts: a {@linkcode RunHandle}. */
export interface CaptureTarget {
  put(name: string, source: string | Uint8Array, options?: PutOptions): Promise<Artifact>;
}

/** Stores each format of a value as an artifact. */
export async function capture(
  run: CaptureTarget,
  name: string,
  value: unknown,
  options: CaptureOptions,
): Promise<CapturedDisplay> {
  options.signal?.throwIfAborted();
  const forms = await formsOf(name, value);
  if (forms.length === 0) {
    throw new InvalidSourceError(
      name,
      "a notebook shows nothing of it but text; put it as it is, or give it a method " +
        '[Symbol.for("Jupyter.display")]',
    );
  }
  const stem = stemOf(name, forms);
  const artifacts: Artifact[] = [];
  const omitted: { form: string; error: Error }[] = [];
  for (const { extension, source } of forms) {
    if (source instanceof Error) omitted.push({ form: extension, error: source });
    else artifacts.push(await run.put(stem + extension, source, options));
  }
  return { artifacts: asDisplayable("artifacts")(artifacts), omitted };
}

/** Detects the formats of a value, most specific first. */
async function formsOf(name: string, value: unknown): Promise<Form[]> {
  if (value instanceof Uint8Array) {
    const extension = pictureExtension(value);
    return extension === undefined ? [] : [{ extension, source: value }];
  }
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return [];
  const frame = await formsOfFrame(name, value);
  if (frame.length > 0) return frame;
  const picture = await pictureOf(value);
  if (picture) return [{ extension: pictureExtension(picture)!, source: picture }];
  const { outerHTML } = value as { outerHTML?: unknown };
  if (typeof outerHTML === "string") return [elementForm(outerHTML)];
  const plot = await formsOfPlot(value);
  if (plot.length > 0) return plot;
  const display = Reflect.get(value, DISPLAY) as unknown;
  return typeof display === "function" ? formsOfBundle(await display.call(value)) : [];
}

/** Returns a DOM element as a self-contained file. */
function elementForm(outerHTML: string): Form {
  if (!/^<svg[\s>]/i.test(outerHTML)) return { extension: ".html", source: outerHTML };
  const start = /^<svg[^>]*>/i.exec(outerHTML)?.[0] ?? "";
  // An SVG element in a page needs no namespace; an SVG file does.
  const source = /\sxmlns\s*=/.test(start)
    ? outerHTML
    : outerHTML.replace(/^<svg/i, '<svg xmlns="http://www.w3.org/2000/svg"');
  return { extension: ".svg", source };
}

/** Returns the name without the extension of one of the formats. */
function stemOf(name: string, forms: readonly Form[]): string {
  const extensions = forms.flatMap(({ extension }) =>
    extension === ".jpg" ? [".jpg", ".jpeg"] : [extension]
  );
  const found = extensions.find((extension) => name.toLowerCase().endsWith(extension));
  return found === undefined ? name : name.slice(0, -found.length);
}
