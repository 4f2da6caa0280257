import type { Html } from "./html.ts";

/** What is seen of an artifact's bytes. */
export interface Preview {
  /** In a notebook. */
  readonly body: Html;
  /** In a console, if anything. */
  readonly text?: string;
}
