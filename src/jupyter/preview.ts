import type { Html } from "./html.ts";

/** Preview of an artifact's content. */
export interface Preview {
  /** Preview for notebooks. */
  readonly body: Html;
  /** Preview for consoles, if there is one. */
  readonly text?: string;
}
