/** Error classes of the store: one per kind, each with a stable `code`. */

import { call, type Named, option, type Phrase, phrase } from "./phrase.ts";

/** Base class of all errors that this package throws by itself. */
export class ChachamlError extends Error {
  /** Stable, machine-readable kind of error, e.g. `"artifact-exists"`. */
  readonly code: string;

  readonly #words: Phrase | string;

  /** Creates an error of the kind `code`. */
  constructor(code: string, message: string | Phrase, options?: ErrorOptions) {
    super(String(message), options);
    this.code = code;
    this.name = new.target.name;
    this.#words = message;
  }

  /** @ignore Returns the message with names of the library written by another interface. */
  messageIn(write: (named: Named) => string): string {
    return typeof this.#words === "string" ? this.message : this.#words.in(write);
  }
}

/** An option, or a combination of options, is invalid. */
export class InvalidOptionError extends ChachamlError {
  /** Creates the error. `message` names the option and the values it accepts. */
  constructor(message: string | Phrase, options?: ErrorOptions) {
    super("invalid-option", message, options);
  }
}

/** Rule that a rejected name breaks. */
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

/** A name of an artifact or model, or a run id, breaks a naming rule. */
export class InvalidNameError extends ChachamlError {
  /** The rejected name, as given. */
  readonly value: unknown;
  /** The rule it breaks. */
  readonly rule: NameRule;

  /** Creates the error. `what` is the kind of name; `reason` completes the sentence. */
  constructor(what: string, value: unknown, rule: NameRule, reason: string) {
    super("invalid-name", `Cannot use ${quote(value)} as ${what}: ${reason}`);
    this.value = value;
    this.rule = rule;
  }
}

/** No run has this id. */
export class RunNotFoundError extends ChachamlError {
  /** The requested id. */
  readonly runId: string;

  /** Creates the error for one run id. `near` lists similar ids as suggestions. */
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

/** No run has this metric, param or experiment. */
export class UnknownNameError extends ChachamlError {
  /** The requested name. */
  readonly value: string;

  /** Creates the error. `what` is the kind of name; `near` lists similar names as suggestions. */
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

/** The run's state does not allow the operation, e.g. its id is taken or it has already ended. */
export class RunStateError extends ChachamlError {
  /** Id of the run. */
  readonly runId: string;

  /** Creates the error. `state` says why the run's state prevents the operation. */
  constructor(action: string, runId: string, state: string | Phrase) {
    super("run-state", phrase`Cannot ${action} run ${quote(runId)}: ${state}`);
    this.runId = runId;
  }
}

/** The artifact is not in the store. */
export class ArtifactNotFoundError extends ChachamlError {
  /** Id of the artifact, if it was requested by id. */
  readonly id: string | undefined;
  /** Id of the run, if the artifact was requested within one. */
  readonly runId: string | undefined;
  /** Name of the artifact, if it was requested by run and name. */
  readonly artifactName: string | undefined;

  /** Creates the error from the lookup that failed. */
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

/** The model, or the requested version of it, is not in the store. */
export class ModelNotFoundError extends ChachamlError {
  /** Name of the requested model. */
  readonly model: string;
  /** Requested version number, if the lookup was by number. */
  readonly version: number | undefined;
  /** Requested stage, if the lookup was by stage. */
  readonly stage: string | undefined;

  /** Creates the error from the lookup that failed. `state` says what exists and what to do. */
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

/** The artifact or run belongs to a model version, so it cannot be removed or replaced. */
export class ArtifactInUseError extends ChachamlError {
  /** The model versions that need it, e.g. `"iris-classifier 2"`. */
  readonly versions: readonly string[];

  /** Creates the error for an artifact, or for a run with all its artifacts. */
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

/** The run already has an artifact of this name. The stored bytes are unchanged. */
export class ArtifactExistsError extends ChachamlError {
  /** Id of the run. */
  readonly runId: string;
  /** Name of the artifact. */
  readonly artifactName: string;
  /** SHA-256 of the stored bytes, lower-case hex, if the contents were compared. */
  readonly expected: string | undefined;
  /** SHA-256 of the offered bytes, lower-case hex, if the contents were compared. */
  readonly found: string | undefined;

  /** Creates the error. Hashes are passed if the contents were compared. */
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

/** The source of bytes cannot be stored, e.g. a device or a stream that is used up. */
export class InvalidSourceError extends ChachamlError {
  /** Creates the error. `state` describes the source. */
  constructor(name: string, state: string | Phrase, options?: ErrorOptions) {
    super("invalid-source", phrase`Cannot put ${quote(name)}: ${state}`, options);
  }
}

/** The source file changed while it was read. Nothing was stored. */
export class SourceChangedError extends ChachamlError {
  /** Path of the source file. */
  readonly path: string;

  /** Creates the error for a path. */
  constructor(path: string) {
    super(
      "source-changed",
      `Cannot put the file ${quote(path)}: it changed while it was read; ` +
        "put it again once its writer is done",
    );
    this.path = path;
  }
}

/** Stored bytes are missing, or differ from their record. */
export class IntegrityError extends ChachamlError {
  /** Name of the artifact. */
  readonly artifactName: string;
  /** Recorded size or SHA-256. */
  readonly expected: string | number | null;
  /** Actual size or SHA-256; `null` if the bytes are missing. */
  readonly found: string | number | null;

  /** Creates the error. `state` says what differs. */
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

/** A path, from a record or on disk, leads outside the artifact directory. */
export class UnsafePathError extends ChachamlError {
  /** The rejected path. */
  readonly path: string;

  /** Creates the error. `reason` completes the sentence. */
  constructor(path: string, reason: string, options?: ErrorOptions) {
    super("unsafe-path", `Cannot use the stored path ${quote(path)}: ${reason}`, options);
    this.path = path;
  }
}

/** The archive is damaged, incomplete, or not an archive of this package. Nothing was imported. */
export class ArchiveError extends ChachamlError {
  /** Creates the error. `reason` completes the sentence. */
  constructor(reason: string, options?: ErrorOptions) {
    super("archive", `Cannot import the archive: ${reason}`, options);
  }
}

/** The runtime is not Deno, or too old a version of it. */
export class UnsupportedRuntimeError extends ChachamlError {
  /** Creates the error. `version` is `undefined` outside Deno; `oldest` is supported. */
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

/** A record in the database has a field with an impossible value. */
export class DamagedRowError extends ChachamlError {
  /** Creates the error for a record's id, the field and its value. */
  constructor(id: string, field: string, value: unknown) {
    super("damaged-row", `Cannot use artifact ${quote(id)}: its row has ${field} ${quote(value)}`);
  }
}

/** There is no store at this path, and the operation must not create one. */
export class StoreNotFoundError extends ChachamlError {
  /** Creates the error for the path of a database. */
  constructor(path: string, options?: ErrorOptions) {
    super(
      "store-not-found",
      `Cannot open ${quote(path)}: there is no store; start a run to create it, ` +
        "or name another database",
      options,
    );
  }
}

/** The file is not a store: not a SQLite database, or one with other tables. */
export class NotAStoreError extends ChachamlError {
  /** Whether the file is a SQLite database of another program. */
  readonly foreign: boolean;

  /** Creates the error. `state` describes the file. */
  constructor(path: string, state: string, options?: ErrorOptions & { foreign?: boolean }) {
    super("not-a-store", `Cannot open ${quote(path)} as a store: ${state}`, options);
    this.foreign = options?.foreign ?? false;
  }
}

/** The store is closed. */
export class StoreClosedError extends ChachamlError {
  /** Creates the error. */
  constructor() {
    super("store-closed", "Cannot use this store: it is closed; open it again");
  }
}

/** The store was opened read-only. */
export class ReadOnlyError extends ChachamlError {
  /** Creates the error. */
  constructor() {
    super("read-only", "Cannot write to this store: it was opened read-only");
  }
}

/** Other writers held the database for longer than `busyTimeout`. */
export class StoreBusyError extends ChachamlError {
  /** Creates the error. `waited` is in milliseconds. */
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

/** The SQLite driver is missing, or cannot be used here. */
export class DriverError extends ChachamlError {
  /** Creates the error. `message` says which driver, and why. */
  constructor(message: string, options?: ErrorOptions) {
    super("driver", message, options);
  }
}

/** The file system or the database failed. `cause` holds the original error. */
export class StorageError extends ChachamlError {
  /** Creates the error. `state` says what the system reported. */
  constructor(action: string, state: string | Phrase, options?: ErrorOptions) {
    super("storage", phrase`Cannot ${action}: ${state}`, options);
  }
}

/** Returns a value in double quotes for a message, escaped and cut after 200 characters. */
export function quote(value: unknown): string {
  const text = typeof value === "string" ? value : Deno.inspect(value);
  const short = text.length > 200 ? text.slice(0, 200) + "…" : text;
  return JSON.stringify(short);
}
