/** Errors of callers' input: one class per kind, each with a stable `code`. */
import { ChachamlError, quote } from "./chachaml_error.ts";
import { type Phrase, phrase } from "./phrase.ts";

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

/** The archive is damaged, incomplete, or not an archive of this package. Nothing was imported. */
export class ArchiveError extends ChachamlError {
  /** Creates the error. `reason` completes the sentence. */
  constructor(reason: string, options?: ErrorOptions) {
    super("archive", `Cannot import the archive: ${reason}`, options);
  }
}
