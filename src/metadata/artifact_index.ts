/** The rows of artifacts. */

/** Metadata of an artifact. */
export interface ArtifactRecord {
  /** UUID. */
  readonly id: string;
  /** The run that it belongs to. */
  readonly runId: string;
  /** Its name within the run. */
  readonly name: string;
  /** Where its bytes are: relative, `/` separated. */
  readonly path: string;
  /** MIME type, where it is known. */
  readonly contentType: string | null;
  /** Bytes. */
  readonly size: number;
  /** SHA-256, lower-case hex. */
  readonly hash: string;
  /** When it was stored. */
  readonly createdAt: Date;
}

/** A record as it was read, which another program may have written. */
export interface IndexEntry {
  /** The record; what cannot be true of it is `NaN`, `""` or an invalid date. */
  readonly record: ArtifactRecord;
  /** What is wrong with the row, if anything: its bytes must then not be touched. */
  readonly problem: Error | undefined;
}

/** Description of bytes. */
export interface Contents {
  /** MIME type, where it is known. */
  readonly contentType: string | null;
  /** Bytes. */
  readonly size: number;
  /** SHA-256, lower-case hex. */
  readonly hash: string;
}

/** An artifact about to be stored. */
export interface NewArtifact extends Contents {
  /** The run that it is to belong to. */
  readonly runId: string;
  /** Its name within the run. */
  readonly name: string;
}

/** Which artifacts to look for; what is left out does not matter. */
export interface ArtifactQuery {
  /** Of this run. */
  readonly runId?: string;
  /** Of this name, in which `*` stands for any text and `?` for any one character. */
  readonly name?: string;
  /** Of this MIME type, without parameters. */
  readonly contentType?: string;
  /** Of these bytes: SHA-256, lower-case hex. */
  readonly hash?: string;
  /** At most so many. */
  readonly limit?: number;
}

/** A place in the order of runs and names. */
export interface ArtifactPosition {
  /** A run. */
  readonly runId: string;
  /** A name within it. */
  readonly name: string;
}

/** Totals of artifacts. */
export interface ArtifactTotals {
  /** Number of artifacts. */
  readonly artifacts: number;
  /** Bytes of all of them, as their records say. */
  readonly bytes: number;
}

/** Rows of artifacts, changed only together with their bytes. */
export interface ArtifactIndex {
  /**
   * The artifacts of one run, or of all, by run and name, behind a position if one is given. Read in
   * pages: memory stays flat, and writers go on between them. An artifact that is there all the while
   * is given exactly once.
   */
  each(runId?: string, after?: ArtifactPosition): AsyncIterable<IndexEntry>;
  /** Counts the artifacts of one run, or of all, and adds up their bytes. */
  totals(runId?: string, after?: ArtifactPosition): Promise<ArtifactTotals>;
  /**
   * The artifacts that have the size and hash of another, by hash, size and creation time: those of
   * the same bytes follow each other. Read in pages.
   */
  eachDuplicate(): AsyncIterable<IndexEntry>;
  /** Which of some keys no record names, and no record names anything below. */
  unnamed(keys: Iterable<string>): Promise<Set<string>>;
  /**
   * Calls `remove` with those of some keys that no record names, nor anything below, under the lock
   * that a put of one of them would need. It is not called if all are named.
   */
  removeIfUnnamed(
    keys: Iterable<string>,
    remove: (keys: ReadonlySet<string>) => Promise<void>,
  ): Promise<void>;
  /**
   * Which of some keys a record names, found without any index, which may be damaged. It costs a look
   * at every record, so it is for the rare moment before bytes are overwritten that seem to be nobody's.
   */
  namedForSure(keys: Iterable<string>): Promise<Set<string>>;
  /**
   * The artifacts that a run already has of some names: of those that are free there is none.
   *
   * @throws {RunNotFoundError} If there is no such run.
   * @throws {InvalidNameError} If a name clashes with another of the run, or of these.
   */
  admitAll(runId: string, names: readonly string[]): Promise<ReadonlyMap<string, IndexEntry>>;
  /**
   * Inserts the records of many artifacts of one run, all or none: finds the names free, has the
   * bytes published, then writes the records, in one transaction. If a name is taken, nothing is done.
   */
  insertAll(
    runId: string,
    artifacts: readonly NewArtifact[],
    publish: (keys: readonly string[]) => Promise<void>,
    signal?: AbortSignal,
  ): Promise<
    { inserted: ArtifactRecord[] } | { found: ReadonlyMap<string, IndexEntry> }
  >;
  /**
   * Has `publish` put other bytes in the place of an artifact's, and the record describe them, in one
   * transaction, if the record still is what the caller expects.
   *
   * @param expected The record as it was read.
   * @param contents What it is to say.
   * @param publish Gives the key that the bytes have now, which the record names from then on.
   * @param evenIfUsed Whether a model version may be made of it, as where the bytes are there already.
   * @returns The new record; `undefined`, with nothing done, if the record is another one or gone.
   * @throws {ArtifactInUseError} If a model version is made of it.
   */
  update(
    expected: ArtifactRecord,
    contents: Contents & { readonly createdAt: Date },
    publish: (key: string) => Promise<string>,
    evenIfUsed?: boolean,
  ): Promise<ArtifactRecord | undefined>;
  /** The artifact of an id. */
  byId(id: string): Promise<IndexEntry | undefined>;
  /** The artifact of a run and name. */
  byName(runId: string, name: string): Promise<IndexEntry | undefined>;
  /** The artifacts that fit a query, by creation time, then name. */
  list(query: ArtifactQuery): Promise<IndexEntry[]>;
  /**
   * Refuses a run that is not there.
   *
   * @throws {RunNotFoundError} If there is no such run.
   */
  requireRun(runId: string): Promise<void>;
  /**
   * Whether an artifact of this name could be put now; gives the one that is there.
   *
   * @throws {RunNotFoundError} If there is no such run.
   * @throws {InvalidNameError} If the name clashes with another of the run.
   */
  admit(runId: string, name: string): Promise<IndexEntry | undefined>;
  /**
   * Inserts a row in a transaction that has found the name free, and publishes the bytes within
   * it: first the bytes, then the row. Resolves, with nothing done, to what it found in its place.
   */
  insert(
    artifact: NewArtifact,
    publish: (path: string) => Promise<void>,
    signal?: AbortSignal,
  ): Promise<{ inserted: ArtifactRecord } | { found: IndexEntry }>;
  /**
   * Calls `publish` with the write lock held, if the row still says of its bytes what `record` does.
   *
   * @returns Whether it did.
   */
  renew(record: ArtifactRecord, publish: (path: string) => Promise<void>): Promise<boolean>;
  /**
   * Removes a row; resolves to `false` if it was gone already.
   *
   * @throws {ArtifactInUseError} If a model version names the artifact, unless `force` is set,
   * which removes the version in the same transaction.
   */
  remove(id: string, force: boolean): Promise<boolean>;
  /** Forgets what it keeps in memory of a run whose artifacts have been changed by another part. */
  forget(runId: string): void;
}
