/** HTML that cannot be forgotten to escape: text becomes HTML only by way of the tag below. */

/** HTML that is safe to show. */
export class Html {
  /** The markup. */
  readonly source: string;

  /** Takes markup that is known to be safe; everything else goes through {@linkcode markup}. */
  constructor(source: string) {
    this.source = source;
  }
}

/** What can stand in a template: text is escaped, HTML is taken as it is. */
export type Part = string | number | Html | readonly Html[] | undefined;

const ENTITIES: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text as HTML that shows it, also within a quoted attribute. */
export function escapeHtml(text: string): string {
  return text.toWellFormed().replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}

/** Makes HTML of a template, and escapes all text that is put into it. */
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
