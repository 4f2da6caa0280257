import type { Artifact } from "./artifact.ts";
import type { PutOptions } from "./put_options.ts";

/** Options for storing the display of a value. */
export type CaptureOptions = Pick<PutOptions, "ifExists" | "signal">;

/** Result of storing the display of a value. */
export interface CapturedDisplay {
  /** Stored artifacts, one per format. */
  readonly artifacts: readonly Artifact[];
  /** Formats that failed, and why. */
  readonly omitted: readonly {
    /** File extension of the format. */
    readonly form: string;
    /** Reason of the failure. */
    readonly error: Error;
  }[];
}
