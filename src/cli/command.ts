import type { OpenOptions } from "../context/open_options.ts";
import type { Store } from "../store/store.ts";
import type { Io } from "./io.ts";

/** One option of a command, written `--name` or `--name <value>`. */
export interface OptionSpec {
  /** Name without dashes. */
  readonly name: string;
  /** Its letter, written `-l`; for the common ones. */
  readonly short?: string;
  /** What stands for its value in the help; a switch if left out. */
  readonly value?: string;
  /** The values that it takes, where they are known; anything else is refused. */
  readonly choices?: readonly string[];
  /** Kind of its value for completion, where `value` does not tell: `experiment`, `metric`. */
  readonly complete?: string;
  /** Whether it may be given more than once. */
  readonly repeats?: boolean;
  /** One line of help. */
  readonly summary: string;
}

/** What a command takes and does, as data: parser, help, man page and completion read it. */
export interface CommandSpec {
  /** Its positional arguments, such as `<run> [name]`. */
  readonly args: string;
  /** Its own options. */
  readonly options: readonly OptionSpec[];
  /** Examples: a line of words, a command. */
  readonly examples: readonly (readonly [words: string, command: string])[];
  /** Does the work; returns an exit code if it is not 0. */
  readonly run: (call: Call) => Promise<number | void>;
  /** Whether everything after the first positional argument, options too, belongs to another program. */
  readonly leavesRest?: boolean;
  /** Exit code of a failure, where it is not 1. */
  readonly failureCode?: number;
  /** Whether its output is read by people a page at a time, on a terminal. */
  readonly paged?: boolean;
  /** Whether it needs the network; every other command gives that permission up as it starts. */
  readonly network?: boolean;
}

/** A command before it is loaded: enough to find it and to list it. */
export interface CommandEntry {
  /** The word typed. */
  readonly name: string;
  /** One line of help. */
  readonly summary: string;
  /** Heading under which help lists it. */
  readonly group: string;
  /** Whether help leaves it out. */
  readonly hidden?: boolean;
  /** Loads its module. */
  readonly load: () => Promise<CommandSpec>;
}

/** A command that is loaded. */
export type Command = CommandEntry & CommandSpec;

/** Loads a command. */
export async function loadCommand(entry: CommandEntry): Promise<Command> {
  return { ...entry, ...await entry.load() };
}

/** One call of a command, parsed. */
export interface Call {
  /** Positional arguments, in order. */
  readonly args: readonly string[];
  /** Options by name. */
  readonly options: Options;
  /** All commands. */
  readonly commands: readonly CommandEntry[];
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
  /** The id of a run from what people write for it: an id or its beginning, a name, `@last`, … */
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

/** Options that every command takes. */
export const COMMON_OPTIONS: readonly OptionSpec[] = [
  {
    name: "db",
    value: "path",
    summary: "Database of the store (default: $CHACHAML_DB, else the nearest chachaml.db)",
  },
  {
    name: "artifact-dir",
    value: "path",
    summary: "Its artifact directory (default: $CHACHAML_ARTIFACT_DIR, else beside the database)",
  },
  {
    name: "adopt-directory",
    summary: "Use an artifact directory that has files of others; gc leaves those",
  },
  { name: "json", summary: "Print JSON, errors too" },
  { name: "quiet", short: "q", summary: "Print only data and errors" },
  { name: "no-color", summary: "No colors, as with NO_COLOR" },
  { name: "help", short: "h", summary: "Show this help" },
];
