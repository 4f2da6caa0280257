/** Errors of runs, artifacts and models: one class per kind, each with a stable `code`. */
import { ChachamlError, quote } from "./chachaml_error.ts";
import { call, option, type Phrase, phrase } from "./phrase.ts";

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

/** A record in the database has a field with an impossible value. */
export class DamagedRowError extends ChachamlError {
  /** Creates the error for a record's id, the field and its value. */
  constructor(id: string, field: string, value: unknown) {
    super("damaged-row", `Cannot use artifact ${quote(id)}: its row has ${field} ${quote(value)}`);
  }
}
