import type { OpenOptions } from "../context/open_options.ts";
import type { Store } from "../store/store.ts";
import type { Io } from "./io.ts";

/** One option of a verb, written `--name` or `--name <value>`. */
export interface OptionSpec {
  /** Name without dashes. */
  readonly name: string;
  /** What stands for its value in the help; a switch if left out. */
  readonly value?: string;
  /** Whether it may be given more than once. */
  readonly repeats?: boolean;
  /** One line of help. */
  readonly summary: string;
}

/** A verb of the command line, as data: parser, help and checks are made from it. */
export interface CommandSpec {
  /** The word typed. */
  readonly name: string;
  /** One line of help. */
  readonly summary: string;
  /** Its positional arguments, such as `<run> [name]`. */
  readonly args: string;
  /** Its own options. */
  readonly options: readonly OptionSpec[];
  /** Examples: a line of words, a command. */
  readonly examples: readonly (readonly [words: string, command: string])[];
  /** Does the work; gives an exit code other than 0, if it has one to tell. */
  readonly run: (call: Call) => Promise<number | void>;
  /** Whether people have no use for it. */
  readonly hidden?: boolean;
  /** Whether what comes behind the first positional argument is not for us, options too. */
  readonly leavesRest?: boolean;
  /** Exit code of a failure, where it is not 1. */
  readonly failureCode?: number;
}

/** One call of a verb, parsed. */
export interface Call {
  /** Positional arguments, in order. */
  readonly args: readonly string[];
  /** Options by name. */
  readonly options: Options;
  /** All verbs that there are. */
  readonly verbs: readonly CommandSpec[];
  /** Where to read from and print to. */
  readonly io: Io;
  /** Says how it went, on standard error, unless `--quiet` is given. */
  readonly say: (words: string) => Promise<void>;
  /** Prints what `--json` asks for, one document on one line; `undefined` if it is not asked for. */
  readonly json: ((document: unknown) => Promise<void>) | undefined;
  /** Opens the store that the options name, or another; only `"create"` makes one where there is none. */
  readonly open: (
    how: "read" | "write" | "create",
    place?: Pick<OpenOptions, "path" | "artifactDir">,
  ) => Promise<Store>;
  /** The id of a run that is named by it, by its beginning, or by `@last` or `@run`. */
  readonly runId: (store: Store, ref: string) => Promise<string>;
  /**
   * Asks whether to go on with what cannot be undone; `--yes` answers it beforehand.
   *
   * @throws {UsageError} If the answer is no, or nobody can be asked.
   */
  readonly confirm: (question: string) => Promise<void>;
  /** Where that store is, for those who open it otherwise. */
  readonly place: () => Pick<OpenOptions, "path" | "artifactDir" | "driver">;
}

/** The options of a call, as strings. */
export interface Options {
  /** Whether a switch is on. */
  has(name: string): boolean;
  /** The value of an option, if given. */
  get(name: string): string | undefined;
  /** All values of an option that repeats. */
  all(name: string): readonly string[];
}

/** A call that cannot be understood: the exit code is 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Options that every verb takes. */
export const COMMON_OPTIONS: readonly OptionSpec[] = [
  {
    name: "db",
    value: "path",
    summary: "Database of the store (default: $CHACHAML_DB, else ./chachaml.db)",
  },
  {
    name: "artifact-dir",
    value: "path",
    summary: "Its artifact directory (default: $CHACHAML_ARTIFACT_DIR, else beside the database)",
  },
  { name: "json", summary: "Print JSON, errors too" },
  { name: "quiet", summary: "Say nothing but what was asked for, and errors" },
  { name: "no-color", summary: "No colours, as with NO_COLOR" },
];
