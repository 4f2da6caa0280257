import type { Artifact } from "./artifact.ts";
import type { PutOptions } from "./put_options.ts";

/** Options for storing what a notebook shows. */
export type CaptureOptions = Pick<PutOptions, "ifExists" | "signal">;

/** What was stored of a value. */
export interface CapturedDisplay {
  /** The artifacts, one per form. */
  readonly artifacts: readonly Artifact[];
  /** Forms that could not be made, and why. */
  readonly omitted: readonly {
    /** The extension that its artifact would have. */
    readonly form: string;
    /** Why there is none. */
    readonly error: Error;
  }[];
}
