import type { ParamValue } from "../edn/mod.ts";
import type { TagValues } from "./accepted.ts";

/** Status of a run. */
export type RunStatus = "running" | "completed" | "failed" | "archived";

const STATUSES: Record<RunStatus, true> = {
  running: true,
  completed: true,
  failed: true,
  archived: true,
};

/** All statuses. */
export const RUN_STATUSES = Object.keys(STATUSES) as readonly RunStatus[];

/** One execution of something: a training, an evaluation, a report. */
export interface Run {
  /** UUID, unless another id was chosen. */
  readonly id: string;
  /** Its experiment; `"default"` if none was given. */
  readonly experiment: string;
  /** Display name. */
  readonly name: string | null;
  /** `"running"`, `"completed"`, `"failed"` or `"archived"`; a status that another program wrote is passed through. */
  readonly status: RunStatus;
  /** When it started. */
  readonly startTime: Date;
  /** When it ended. */
  readonly endTime: Date | null;
  /** Why it failed. */
  readonly error: string | null;
  /** Tags. */
  readonly tags: Readonly<Record<string, string>>;
  /** Id of its parent run. */
  readonly parentId: string | null;
  /** Who started it. */
  readonly createdBy: string | null;
  /** Environment that it was started in. */
  readonly environment: Readonly<Record<string, unknown>> | null;
}

/** Options for starting a run. */
export interface StartOptions<T extends object = Readonly<Record<string, string | undefined>>> {
  /** Its id: a name of one segment. A UUID if left out. */
  readonly id?: string;
  /**
   * Its experiment.
   *
   * @default {"default", or the experiment of its parent}
   */
  readonly experiment?: string;
  /** Display name. */
  readonly name?: string;
  /** Tags. */
  readonly tags?: T & TagValues<T>;
  /**
   * Id of its parent run; `null` for none.
   *
   * @default {the surrounding run, see {@linkcode Store.withRun}}
   */
  readonly parentId?: string | null;
  /**
   * The user who starts it.
   *
   * @default {the user of the system, where `environment` is noted}
   */
  readonly createdBy?: string;
  /**
   * Whether to note where it is started: the commit (where git may be run), versions, the system; the
   * user, the host, the directory and the command, without secrets, where these may be read. An object
   * is noted in place of the latter four.
   *
   * @default {true}
   */
  readonly environment?: boolean | Readonly<Record<string, ParamValue>>;
  /**
   * Whether the run lives in this process: a heartbeat shows others that it does, and it is ended as
   * failed if a signal, `Deno.exit()` or an uncaught error ends the process.
   *
   * @default {true}
   */
  readonly attached?: boolean;
  /**
   * Whether the changes of tracked files since the commit are stored as the artifact `git.diff`. Needs
   * the permission to run git; filters such as those of Git LFS are not applied.
   *
   * @default {false}
   */
  readonly diff?: boolean;
  /**
   * Whether CPU and memory use of this process are logged as metrics under `system/` until the run
   * ends: every ten seconds, or every `interval` seconds. Their steps are seconds since the start.
   *
   * @default {false}
   */
  readonly systemMetrics?: boolean | { readonly interval?: number };
}

/** Options for ending a run. */
export interface EndOptions {
  /**
   * The final status.
   *
   * @default {"completed", or "failed" if an error is given}
   */
  readonly status?: "completed" | "failed";
  /** Why it failed. */
  readonly error?: unknown;
}

/** Params by name: set once, and never changed. */
export type Params = Readonly<Record<string, ParamValue | undefined>>;

/** Environment of a run. */
export interface Environment {
  /** The commit, its branch, and whether tracked files have changed since, where that is known. */
  readonly git?: { readonly sha: string; readonly branch?: string; readonly "dirty?"?: boolean };
  /** Versions of the runtime. */
  readonly deno: { readonly version: string; readonly v8: string; readonly typescript: string };
  /** The operating system. */
  readonly os: { readonly name: string; readonly arch: string };
}
