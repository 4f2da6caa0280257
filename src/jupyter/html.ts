/** HTML that is escaped by default: text becomes HTML only through the tag below. */

/** HTML that is safe to display. */
export class Html {
  /** The markup. */
  readonly source: string;

  /** Wraps trusted markup; anything else goes through {@linkcode markup}. */
  constructor(source: string) {
    this.source = source;
  }
}

/** Value in a template: text is escaped, HTML is inserted as is. */
export type Part = string | number | Html | readonly Html[] | undefined;

const ENTITIES: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Escapes text for HTML, including quoted attributes. */
export function escapeHtml(text: string): string {
  return text.toWellFormed().replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}

/** Tags a template as HTML and escapes all text inserted into it. */
export function markup(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  const sources = parts.map(sourceOf);
  return new Html(strings.map((string, at) => string + (sources[at] ?? "")).join(""));
}

function sourceOf(part: Part): string {
  if (part === undefined) return "";
  if (part instanceof Html) return part.source;
  if (typeof part === "string" || typeof part === "number") return escapeHtml(String(part));
  return part.map(({ source }) => source).join("");
}
