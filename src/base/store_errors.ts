/** Errors of opening a store. */
import { ChachamlError, quote } from "./errors.ts";
import { option, type Phrase, phrase } from "./phrase.ts";

/** A database that is missing or empty beside artifacts that it does not have. */
export class LostDatabaseError extends ChachamlError {
  /** Absolute path of the artifact directory. */
  readonly artifactDir: string;

  /** Makes the error; `state` says what is there, and what to do. */
  constructor(path: string, artifactDir: string, state: string | Phrase) {
    super("lost-database", phrase`Cannot create a store at ${quote(path)}: ${state}`);
    this.artifactDir = artifactDir;
  }
}

/** A store whose format is newer than this version of the package writes. */
export class NewerFormatError extends ChachamlError {
  /** The version of the store's format. */
  readonly format: number;

  /** Makes the error; `known` is the newest format that this version writes. */
  constructor(path: string, format: number, known: number) {
    super(
      "newer-format",
      phrase`Cannot write to ${
        quote(path)
      }: its format is version ${format}, and this version of chachaml writes version ${known}; update chachaml, or only read the store (${
        option("readOnly", true)
      })`,
    );
    this.format = format;
  }
}
