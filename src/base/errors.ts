/** The store's errors: one class a kind, each with a stable `code`. */

import { call, type Named, option, type Phrase, phrase } from "./phrase.ts";

/** What every error class of this package extends. */
export class ChachamlError extends Error {
  /** Stable, machine-readable kind, such as `"artifact-exists"`. */
  readonly code: string;

  readonly #words: Phrase | string;

  /** Makes an error of the kind `code`. */
  constructor(code: string, message: string | Phrase, options?: ErrorOptions) {
    super(String(message), options);
    this.code = code;
    this.name = new.target.name;
    this.#words = message;
  }

  /** @ignore The message, with names of the library as another interface writes them. */
  messageIn(write: (named: Named) => string): string {
    return typeof this.#words === "string" ? this.message : this.#words.in(write);
  }
}

/** An option, or a combination of options, that cannot be used. */
export class InvalidOptionError extends ChachamlError {
  /** Makes the error; `message` names the option and what it takes. */
  constructor(message: string | Phrase, options?: ErrorOptions) {
    super("invalid-option", message, options);
  }
}

/** The rule that a refused name breaks. */
export type NameRule =
  | "not-text"
  | "empty"
  | "too-long"
  | "segment-too-long"
  | "absolute"
  | "empty-segment"
  | "dot-segment"
  | "several-segments"
  | "control-character"
  | "bidirectional-control"
  | "invisible-character"
  | "leading-dash"
  | "lone-surrogate"
  | "backslash"
  | "drive-or-scheme"
  | "forbidden-character"
  | "trailing-dot-or-space"
  | "reserved"
  | "clash"
  | "file-and-directory";

/** A name of an artifact or a model, or a run id, that breaks one of the rules for names. */
export class InvalidNameError extends ChachamlError {
  /** The name as it was given. */
  readonly value: unknown;
  /** The rule that it breaks. */
  readonly rule: NameRule;

  /** Makes the error; `what` is the kind of name, `reason` finishes the sentence. */
  constructor(what: string, value: unknown, rule: NameRule, reason: string) {
    super("invalid-name", `Cannot use ${quote(value)} as ${what}: ${reason}`);
    this.value = value;
    this.rule = rule;
  }
}

/** A run that is not in the store. */
export class RunNotFoundError extends ChachamlError {
  /** The id that was asked for. */
  readonly runId: string;

  /** Makes the error for one run id; `near` are names that may have been meant. */
  constructor(runId: string, near: readonly string[] = []) {
    super(
      "run-not-found",
      phrase`Cannot find run ${quote(runId)}: the store has none of this id; ${
        near.length > 0
          ? `did you mean ${near.map(quote).join(" or ")}?`
          : phrase`${call("runs.list")} lists all`
      }`,
    );
    this.runId = runId;
  }
}

/** A metric, a param or an experiment that no run has. */
export class UnknownNameError extends ChachamlError {
  /** The name that was asked for. */
  readonly value: string;

  /** Makes the error; `what` is the kind of name, `near` are names that may have been meant. */
  constructor(action: string, what: string, value: string, near: readonly string[]) {
    super(
      "unknown-name",
      `Cannot ${action}: no run has the ${what} ${quote(value)}${
        near.length === 0 ? "" : `; did you mean ${near.map(quote).join(" or ")}?`
      }`,
    );
    this.value = value;
  }
}

/** A run whose id is taken, or that has already ended. */
export class RunStateError extends ChachamlError {
  /** The run in question. */
  readonly runId: string;

  /** Makes the error; `state` says how the run stands in the way. */
  constructor(action: string, runId: string, state: string | Phrase) {
    super("run-state", phrase`Cannot ${action} run ${quote(runId)}: ${state}`);
    this.runId = runId;
  }
}

/** An artifact that is not in the store. */
export class ArtifactNotFoundError extends ChachamlError {
  /** The artifact's id, where it was asked for by id. */
  readonly id: string | undefined;
  /** The run, where it was asked for within one. */
  readonly runId: string | undefined;
  /** The artifact's name, where it was asked for by run and name. */
  readonly artifactName: string | undefined;

  /** Makes the error from what was asked for. */
  constructor(
    asked: { id: string } | { runId: string; id: string } | { runId: string; name: string },
  ) {
    const where = "runId" in asked ? `run ${quote(asked.runId)} has no artifact` : "no artifact";
    super(
      "artifact-not-found",
      "name" in asked
        ? `Cannot find ${quote(asked.name)}: ${where} of this name`
        : `Cannot find artifact ${quote(asked.id)}: ${where} of this id` +
          ("runId" in asked ? "" : " is in the store"),
    );
    this.id = "id" in asked ? asked.id : undefined;
    this.runId = "runId" in asked ? asked.runId : undefined;
    this.artifactName = "name" in asked ? asked.name : undefined;
  }
}

/** A model, or a version of one, that is not in the store. */
export class ModelNotFoundError extends ChachamlError {
  /** The model that was asked for. */
  readonly model: string;
  /** The number of the version, where it was asked for by number. */
  readonly version: number | undefined;
  /** The stage, where the latest version of a stage was asked for. */
  readonly stage: string | undefined;

  /** Makes the error from what was asked for; `state` says what there is, and what to do. */
  constructor(
    model: string,
    asked: { version?: number; stage?: string },
    state: string | Phrase,
  ) {
    const { version, stage } = asked;
    const what = version !== undefined
      ? `version ${version} of `
      : stage !== undefined
      ? `a version with the stage ${quote(stage)} of `
      : "";
    super("model-not-found", phrase`Cannot find ${what}model ${quote(model)}: ${state}`);
    this.model = model;
    this.version = version;
    this.stage = stage;
  }
}

/** A removal or replacement of what a model version is made of. */
export class ArtifactInUseError extends ChachamlError {
  /** The versions, such as `"iris-classifier 2"`. */
  readonly versions: readonly string[];

  /** Makes the error for an artifact, or a run with all it has. */
  constructor(
    what: "artifact" | "run",
    id: string,
    versions: readonly string[],
    action: "remove" | "replace" = "remove",
  ) {
    const remedy = action === "remove"
      ? phrase`pass ${option("force", true)} to remove it all the same, and the version with it`
      : "a version never changes, so put the new bytes under another name";
    super(
      "artifact-in-use",
      phrase`Cannot ${action} ${what} ${quote(id)}: the model version ${
        versions.join(", ")
      } needs it; ${remedy}`,
    );
    this.versions = versions;
  }
}

/** A put of a name that the run already has. The stored bytes are untouched. */
export class ArtifactExistsError extends ChachamlError {
  /** The run that has the artifact. */
  readonly runId: string;
  /** The name that is taken. */
  readonly artifactName: string;
  /** SHA-256 of the stored bytes, lower-case hex. */
  readonly expected: string | undefined;
  /** SHA-256 of the bytes offered, where they were read. */
  readonly found: string | undefined;

  /** Makes the error; hashes are given where the two contents were compared. */
  constructor(runId: string, name: string, expected?: string, found?: string) {
    super(
      "artifact-exists",
      found === undefined
        ? phrase`Cannot put ${quote(name)}: run ${
          quote(runId)
        } already has it; choose another name, remove it first, or pass ${
          option("ifExists", "replace")
        }`
        : `Cannot put ${quote(name)}: run ${quote(runId)} already has it with other content ` +
          `(stored ${expected?.slice(0, 12)}…, offered ${found.slice(0, 12)}…)`,
    );
    this.runId = runId;
    this.artifactName = name;
    this.expected = expected;
    this.found = found;
  }
}

/** A source of bytes that cannot be stored: a device, a used stream, a value without JSON form. */
export class InvalidSourceError extends ChachamlError {
  /** Makes the error; `state` says what the source is. */
  constructor(name: string, state: string | Phrase, options?: ErrorOptions) {
    super("invalid-source", phrase`Cannot put ${quote(name)}: ${state}`, options);
  }
}

/** A source file that changed while it was read; nothing was stored. */
export class SourceChangedError extends ChachamlError {
  /** The file that was read. */
  readonly path: string;

  /** Makes the error for the file's path. */
  constructor(path: string) {
    super(
      "source-changed",
      `Cannot put the file ${quote(path)}: it changed while it was read; ` +
        "put it again once its writer is done",
    );
    this.path = path;
  }
}

/** Stored bytes that are missing, or that are not those their row describes. */
export class IntegrityError extends ChachamlError {
  /** The artifact's name. */
  readonly artifactName: string;
  /** What the row says: a size or a SHA-256. */
  readonly expected: string | number | null;
  /** What is there; `null` where the file is missing. */
  readonly found: string | number | null;

  /** Makes the error; `state` says what differs. */
  constructor(
    name: string,
    state: string,
    expected: string | number | null,
    found: string | number | null,
    options?: ErrorOptions,
  ) {
    super("integrity", `Cannot read ${quote(name)}: ${state}`, options);
    this.artifactName = name;
    this.expected = expected;
    this.found = found;
  }
}

/** A path, of a row or on disk, that would lead outside the artifact directory. */
export class UnsafePathError extends ChachamlError {
  /** The path in question. */
  readonly path: string;

  /** Makes the error; `reason` finishes the sentence. */
  constructor(path: string, reason: string, options?: ErrorOptions) {
    super("unsafe-path", `Cannot use the stored path ${quote(path)}: ${reason}`, options);
    this.path = path;
  }
}

/** An archive of runs that is damaged, not whole, or not one of ours. Nothing of it is stored. */
export class ArchiveError extends ChachamlError {
  /** Makes the error; `reason` finishes the sentence. */
  constructor(reason: string, options?: ErrorOptions) {
    super("archive", `Cannot import the archive: ${reason}`, options);
  }
}

/** A version of Deno that is too old. */
export class UnsupportedRuntimeError extends ChachamlError {
  /** Makes the error for the version at hand, if it is Deno at all, and the oldest that will do. */
  constructor(version: string | undefined, oldest: string) {
    super(
      "unsupported-runtime",
      version === undefined
        ? `Cannot run here: the store needs Deno ${oldest} or later; from Node or a browser, ` +
          'use the HTTP API of "chachaml serve" or the chachaml program'
        : `Cannot run on Deno ${version}: it takes ${oldest} or later; run: deno upgrade`,
    );
  }
}

/** A row of the database whose fields cannot be true. */
export class DamagedRowError extends ChachamlError {
  /** Makes the error for a row, the field and its value. */
  constructor(id: string, field: string, value: unknown) {
    super("damaged-row", `Cannot use artifact ${quote(id)}: its row has ${field} ${quote(value)}`);
  }
}

/** A store that is not there, asked for by something that must not create it. */
export class StoreNotFoundError extends ChachamlError {
  /** Makes the error for a database path. */
  constructor(path: string, options?: ErrorOptions) {
    super(
      "store-not-found",
      `Cannot open ${quote(path)}: there is no store; start a run to create it, ` +
        "or name another database",
      options,
    );
  }
}

/** A file that is no store: no SQLite database, or one whose tables are not a store's. */
export class NotAStoreError extends ChachamlError {
  /** Whether it is a SQLite database with the tables of another program. */
  readonly foreign: boolean;

  /** Makes the error; `state` says what the file is. */
  constructor(path: string, state: string, options?: ErrorOptions & { foreign?: boolean }) {
    super("not-a-store", `Cannot open ${quote(path)} as a store: ${state}`, options);
    this.foreign = options?.foreign ?? false;
  }
}

/** A call on a store that has been closed. */
export class StoreClosedError extends ChachamlError {
  /** Makes the error. */
  constructor() {
    super("store-closed", "Cannot use this store: it is closed; open it again");
  }
}

/** A write to a store that was opened read-only. */
export class ReadOnlyError extends ChachamlError {
  /** Makes the error. */
  constructor() {
    super("read-only", "Cannot write to this store: it was opened read-only");
  }
}

/** Other writers held the database for longer than `busyTimeout`. */
export class StoreBusyError extends ChachamlError {
  /** Makes the error; `waited` is in milliseconds. */
  constructor(waited: number, options?: ErrorOptions) {
    super(
      "store-busy",
      phrase`Cannot write to the store: other writers held it for ${waited} ms; try again, or raise ${
        option("busyTimeout")
      }`,
      options,
    );
  }
}

/** A SQLite binding that is missing, or that cannot be used here. */
export class DriverError extends ChachamlError {
  /** Makes the error; `message` says which binding and why. */
  constructor(message: string, options?: ErrorOptions) {
    super("driver", message, options);
  }
}

/** The file system or the database refused the work; `cause` has the original error. */
export class StorageError extends ChachamlError {
  /** Makes the error; `state` says what the system answered. */
  constructor(action: string, state: string | Phrase, options?: ErrorOptions) {
    super("storage", phrase`Cannot ${action}: ${state}`, options);
  }
}

/** Text in double quotes, with control characters escaped, for use in a message. */
export function quote(value: unknown): string {
  const text = typeof value === "string" ? value : Deno.inspect(value);
  const short = text.length > 200 ? text.slice(0, 200) + "…" : text;
  return JSON.stringify(short);
}
