/** Files from the formats that a value gives Jupyter. */
import type { Form } from "./form.ts";

/** Conversion of each MIME type to a file. Plain text is not captured. */
const FILES:
  readonly (readonly [type: RegExp, extension: string, read: (data: unknown) => Read])[] = [
    [/^image\/png$/, ".png", fromBase64],
    [/^image\/jpeg$/, ".jpg", fromBase64],
    [/^image\/gif$/, ".gif", fromBase64],
    [/^image\/webp$/, ".webp", fromBase64],
    [/^application\/pdf$/, ".pdf", fromBase64],
    [/^image\/svg\+xml$/, ".svg", asText],
    [/^text\/html$/, ".html", asText],
    [/^text\/markdown$/, ".md", asText],
    [/^text\/latex$/, ".tex", asText],
    [/^application\/vnd\.vegalite\..*json$/, ".vl.json", asJson],
    [/^application\/vnd\.vega\..*json$/, ".vg.json", asJson],
    [/^application\/vnd\.plotly\..*json$/, ".plotly.json", asJson],
    [/^application\/geo\+json$/, ".geojson", asJson],
  ];

type Read = string | Uint8Array | undefined;

/** Returns the formats of a bundle other than plain text. */
export function formsOfBundle(bundle: unknown): Form[] {
  if (typeof bundle !== "object" || bundle === null) return [];
  return Object.entries(bundle).flatMap(([type, data]): Form[] => {
    const file = FILES.find(([pattern]) => pattern.test(type));
    const source = file?.[2](data);
    return file && source !== undefined ? [{ extension: file[1], source }] : [];
  });
}

function fromBase64(data: unknown): Read {
  if (data instanceof Uint8Array) return data;
  return typeof data === "string" ? Uint8Array.fromBase64(data) : undefined;
}

/** Jupyter also allows text as an array of lines. */
function asText(data: unknown): Read {
  return Array.isArray(data) ? data.join("") : typeof data === "string" ? data : undefined;
}

function asJson(data: unknown): Read {
  return data === undefined ? undefined : JSON.stringify(data, null, 2);
}
