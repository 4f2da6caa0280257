/** Errors that occur only while a store is opened. */
import { ChachamlError, quote } from "./errors.ts";
import { option, type Phrase, phrase } from "./phrase.ts";

/** The database is missing or empty, but its artifact directory has artifacts. */
export class LostDatabaseError extends ChachamlError {
  /** Absolute path of the artifact directory. */
  readonly artifactDir: string;

  /** Creates the error. `state` says what exists and what to do. */
  constructor(path: string, artifactDir: string, state: string | Phrase) {
    super("lost-database", phrase`Cannot create a store at ${quote(path)}: ${state}`);
    this.artifactDir = artifactDir;
  }
}

/** The store's format is newer than this version of the package can write. */
export class NewerFormatError extends ChachamlError {
  /** Format version of the store. */
  readonly format: number;

  /** Creates the error. `known` is the newest format that this version writes. */
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
