/** Errors of stores and of what they run on: one class per kind, each with a stable `code`. */
import { ChachamlError, quote } from "./chachaml_error.ts";
import { option, type Phrase, phrase } from "./phrase.ts";

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
