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

/** All statuses of a run. */
export const RUN_STATUSES = Object.keys(STATUSES) as readonly RunStatus[];

/** One execution of a program: a training, an evaluation, a report. */
export interface Run {
  /** UUID, unless another id was chosen. */
  readonly id: string;
  /** Experiment; `"default"` if none was given. */
  readonly experiment: string;
  /** Display name. */
  readonly name: string | null;
  /** Status; unknown statuses written by other programs are passed through. */
  readonly status: RunStatus;
  /** Start time. */
  readonly startTime: Date;
  /** End time; `null` while it is running. */
  readonly endTime: Date | null;
  /** Error of a failed run. */
  readonly error: string | null;
  /** Tags by name. */
  readonly tags: Readonly<Record<string, string>>;
  /** Id of its parent run. */
  readonly parentId: string | null;
  /** Name of the user who started it. */
  readonly createdBy: string | null;
  /** Environment in which it was started. */
  readonly environment: Readonly<Record<string, unknown>> | null;
}

/** Options for starting a run. */
export interface StartOptions<T extends object = Readonly<Record<string, string | undefined>>> {
  /** Id of the run, a name of one segment. By default a UUID. */
  readonly id?: string;
  /**
   * Experiment of the run.
   *
   * @default {"default", or the experiment of its parent}
   */
  readonly experiment?: string;
  /** Display name. */
  readonly name?: string;
  /** Tags by name. */
  readonly tags?: T & TagValues<T>;
  /**
   * Id of the parent run; `null` for none.
   *
   * @default {the enclosing run, see {@linkcode Store.withRun}}
   */
  readonly parentId?: string | null;
  /**
   * Name of the user who starts it.
   *
   * @default {the user of the system, if `environment` is recorded}
   */
  readonly createdBy?: string;
  /**
   * Whether to record the environment: commit (if git may be run), versions and operating system;
   * user, host, directory and command (without secrets), as far as permissions allow to read them.
   * An object replaces the latter four.
   *
   * @default {true}
   */
  readonly environment?: boolean | Readonly<Record<string, ParamValue>>;
  /**
   * Whether the run belongs to this process: heartbeats show that it is alive, and it ends as
   * failed if a signal, `Deno.exit()` or an uncaught error ends the process.
   *
   * @default {true}
   */
  readonly attached?: boolean;
  /**
   * Whether to store uncommitted changes of tracked files as the artifact `git.diff`. Requires
   * `--allow-run` for git. Filters such as Git LFS are not applied.
   *
   * @default {false}
   */
  readonly diff?: boolean;
  /**
   * Whether to log CPU and memory use of this process as metrics under `system/` until the run
   * ends, every `interval` seconds (default 10). The step is the time since the start, in seconds.
   *
   * @default {false}
   */
  readonly systemMetrics?: boolean | { readonly interval?: number };
}

/** Options for ending a run. */
export interface EndOptions {
  /**
   * Final status.
   *
   * @default {"completed", or "failed" if an error is given}
   */
  readonly status?: "completed" | "failed";
  /** Error of a failed run. */
  readonly error?: unknown;
}

/** Params by name. They are set once. */
export type Params = Readonly<Record<string, ParamValue | undefined>>;

/** Environment of a run. */
export interface Environment {
  /** Commit, branch, and whether tracked files have changed since, if known. */
  readonly git?: { readonly sha: string; readonly branch?: string; readonly "dirty?"?: boolean };
  /** Versions of the runtime. */
  readonly deno: { readonly version: string; readonly v8: string; readonly typescript: string };
  /** Operating system. */
  readonly os: { readonly name: string; readonly arch: string };
}
