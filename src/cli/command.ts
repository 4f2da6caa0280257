import type { OpenOptions } from "../context/open_options.ts";
import type { Store } from "../store/store.ts";
import type { Io } from "./io.ts";

/** Specification of an option, written `--name` or `--name <value>`. */
export interface OptionSpec {
  /** Name without dashes. */
  readonly name: string;
  /** Single letter, written `-l`, for common options. */
  readonly short?: string;
  /** Placeholder of the value in help; omitted for switches. */
  readonly value?: string;
  /** Allowed values; any other value is rejected. */
  readonly choices?: readonly string[];
  /**
   * Kind of the value for completion if `value` does not name it, e.g. `experiment` or `metric`.
   */
  readonly complete?: string;
  /** Whether the option may be repeated. */
  readonly repeats?: boolean;
  /** One line of help. */
  readonly summary: string;
}

/** Specification of a command as data, for the parser, help, manual page and completion. */
export interface CommandSpec {
  /** Positional arguments, e.g. `<run> [name]`. */
  readonly args: string;
  /** Options of the command, without the common ones. */
  readonly options: readonly OptionSpec[];
  /** Examples: a description and a command. */
  readonly examples: readonly (readonly [words: string, command: string])[];
  /** Executes the command; returns an exit code unless it is 0. */
  readonly run: (call: Call) => Promise<number | void>;
  /**
   * Whether everything after the first positional argument, including options, belongs to another
   * program.
   */
  readonly leavesRest?: boolean;
  /** Exit code of a failure, if it is not 1. */
  readonly failureCode?: number;
  /** Whether a terminal shows the output in a pager. */
  readonly paged?: boolean;
  /** Whether the command needs the network; other commands drop that permission at the start. */
  readonly network?: boolean;
}

/** A command before it is loaded, with what is needed to find and list it. */
export interface CommandEntry {
  /** Name of the command. */
  readonly name: string;
  /** One line of help. */
  readonly summary: string;
  /** Heading of the group in help. */
  readonly group: string;
  /** Whether help omits the command. */
  readonly hidden?: boolean;
  /** Loads the command's module. */
  readonly load: () => Promise<CommandSpec>;
}

/** A loaded command. */
export type Command = CommandEntry & CommandSpec;

/** Loads a command. */
export async function loadCommand(entry: CommandEntry): Promise<Command> {
  return { ...entry, ...await entry.load() };
}

/** A parsed call of a command. */
export interface Call {
  /** Positional arguments, in order. */
  readonly args: readonly string[];
  /** Options by name. */
  readonly options: Options;
  /** All commands. */
  readonly commands: readonly CommandEntry[];
  /** Streams and environment. */
  readonly io: Io;
  /** Prints a message on standard error, unless `--quiet` is set. */
  readonly say: (words: string) => Promise<void>;
  /** Prints one JSON document on one line; `undefined` without `--json`. */
  readonly json: ((document: unknown) => Promise<void>) | undefined;
  /** Prints the same for an array, whose items need not be in memory together. */
  readonly jsonItems:
    | ((items: AsyncIterable<unknown> | Iterable<unknown>) => Promise<void>)
    | undefined;
  /** Opens the store that the options name, or another; only `"create"` creates a missing one. */
  readonly open: (
    how: "read" | "write" | "create",
    place?: Pick<OpenOptions, "path" | "artifactDir">,
  ) => Promise<Store>;
  /** Resolves a run reference to an id: an id or its prefix, a name, `@last`, … */
  readonly runId: (store: Store, ref: string) => Promise<string>;
  /**
   * Asks for confirmation of an irreversible action; `--yes` confirms in advance.
   *
   * @throws {UsageError} If the answer is no, or there is no terminal to ask on.
   */
  readonly confirm: (question: string) => Promise<void>;
  /** Location of the store, for commands that open it in another way. */
  readonly place: () => Pick<OpenOptions, "path" | "artifactDir" | "driver">;
}

/** Options of a call, as text. */
export interface Options {
  /** Whether an option is set. */
  has(name: string): boolean;
  /** Returns the value of an option, if it is set. */
  get(name: string): string | undefined;
  /** Returns all values of a repeatable option. */
  all(name: string): readonly string[];
}

/** The call is invalid; the exit code is 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Options common to all commands. */
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
    summary: "Use an artifact directory that has other files; gc keeps them",
  },
  { name: "json", summary: "Print JSON, errors too" },
  { name: "quiet", short: "q", summary: "Print only data and errors" },
  { name: "no-color", summary: "No colors, as with NO_COLOR" },
  { name: "help", short: "h", summary: "Show this help" },
];
