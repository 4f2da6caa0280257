/** Records of artifacts. */

/** Metadata of an artifact. */
export interface ArtifactRecord {
  /** UUID. */
  readonly id: string;
  /** Id of its run. */
  readonly runId: string;
  /** Name within the run. */
  readonly name: string;
  /** Path of its bytes: relative, `/` separated. */
  readonly path: string;
  /** MIME type, if known. */
  readonly contentType: string | null;
  /** Size in bytes. */
  readonly size: number;
  /** SHA-256, lower-case hex. */
  readonly hash: string;
  /** Time at which it was stored. */
  readonly createdAt: Date;
}

/** A record as read from the database. Another program may have written it. */
export interface IndexEntry {
  /** The record; invalid fields are `NaN`, `""` or an invalid date. */
  readonly record: ArtifactRecord;
  /** Problem of the record, if any: its bytes must not be accessed then. */
  readonly problem: Error | undefined;
}

/** Description of an artifact's bytes. */
export interface Contents {
  /** MIME type, if known. */
  readonly contentType: string | null;
  /** Size in bytes. */
  readonly size: number;
  /** SHA-256, lower-case hex. */
  readonly hash: string;
}

/** An artifact to store. */
export interface NewArtifact extends Contents {
  /** Id of its run. */
  readonly runId: string;
  /** Name within the run. */
  readonly name: string;
}

/** Filters for finding artifacts. Omitted filters match every artifact. */
export interface ArtifactQuery {
  /** Only artifacts of this run. */
  readonly runId?: string;
  /** Only artifacts with this name; `*` matches any text, `?` any single character. */
  readonly name?: string;
  /** Only artifacts of this MIME type, without parameters. */
  readonly contentType?: string;
  /** Only artifacts with this SHA-256, lower-case hex. */
  readonly hash?: string;
  /** Maximum number of artifacts. */
  readonly limit?: number;
}

/** A position in the order of run ids and names. */
export interface ArtifactPosition {
  /** Id of the run. */
  readonly runId: string;
  /** Name within the run. */
  readonly name: string;
}

/** Totals of artifacts. */
export interface ArtifactTotals {
  /** Number of artifacts. */
  readonly artifacts: number;
  /** Total size according to the records, in bytes. */
  readonly bytes: number;
}

/** One entry of a directory of artifacts. */
export interface DirectoryEntry {
  /** The last segment of its name. */
  readonly name: string;
  /** Bytes, as the record says; `undefined` for a directory. */
  readonly size: number | undefined;
}

/** Index of artifact records. They change only together with the bytes. */
export interface ArtifactIndex {
  /**
   * Yields the artifacts of one run, or of all, by run and name, after a position if one is given.
   * Reads pages, so memory stays constant and writers can continue in between. An artifact that
   * exists throughout is yielded exactly once.
   */
  each(runId?: string, after?: ArtifactPosition): AsyncIterable<IndexEntry>;
  /**
   * Returns the entries of a directory of a run's artifacts, by name. The index skips what is below
   * its subdirectories.
   *
   * @param directory The directory, without `/` at its end; empty for the root.
   */
  children(runId: string, directory: string): Promise<DirectoryEntry[]>;
  /** Returns the number and total size of the artifacts of one run, or of all. */
  totals(runId?: string, after?: ArtifactPosition): Promise<ArtifactTotals>;
  /**
   * Yields artifacts whose size and hash equal those of another, by hash, size and creation time,
   * so that equal ones are adjacent. Reads pages.
   */
  eachDuplicate(): AsyncIterable<IndexEntry>;
  /** Returns the keys that no record names, neither themselves nor anything below them. */
  unnamed(keys: Iterable<string>): Promise<Set<string>>;
  /**
   * Calls `remove` with the keys that no record names (neither themselves nor anything below them),
   * under the lock that a put of these keys needs. Not called if all are named.
   */
  removeIfUnnamed(
    keys: Iterable<string>,
    remove: (keys: ReadonlySet<string>) => Promise<void>,
  ): Promise<void>;
  /**
   * Returns the keys that records name, without using a database index, which may be damaged. Scans
   * all records, so it is reserved for the rare case that bytes without a record are about to be
   * overwritten.
   */
  namedByScan(keys: Iterable<string>): Promise<Set<string>>;
  /**
   * Returns the artifacts that a run already has under the given names.
   *
   * @throws {RunNotFoundError} If the run does not exist.
   * @throws {InvalidNameError} If a name conflicts with another of the run, or of the given ones.
   */
  checkNames(runId: string, names: readonly string[]): Promise<ReadonlyMap<string, IndexEntry>>;
  /**
   * Inserts the records of many artifacts of one run, all or none. One transaction checks that the
   * names are free, has the bytes published, and inserts the records. If a name is taken, nothing
   * happens.
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
   * Has `publish` replace an artifact's bytes and updates the record, in one transaction, if the
   * record is still the expected one.
   *
   * @param expected The record as read before.
   * @param contents New contents of the record.
   * @param publish Publishes the bytes and returns their key, which is stored in the record.
   * @param evenIfUsed Whether the update is allowed if a model version uses the artifact, e.g.
   * because the bytes are already published.
   * @returns The new record; `undefined`, without any change, if the record was replaced or
   * removed.
   * @throws {ArtifactInUseError} If a model version uses the artifact.
   */
  update(
    expected: ArtifactRecord,
    contents: Contents & { readonly createdAt: Date },
    publish: (key: string) => Promise<string>,
    evenIfUsed?: boolean,
  ): Promise<ArtifactRecord | undefined>;
  /** Returns an artifact by id. */
  byId(id: string): Promise<IndexEntry | undefined>;
  /** Returns an artifact by run and name. */
  byName(runId: string, name: string): Promise<IndexEntry | undefined>;
  /** Returns the artifacts that match a query, by creation time, then name. */
  list(query: ArtifactQuery): Promise<IndexEntry[]>;
  /**
   * Checks that a run exists.
   *
   * @throws {RunNotFoundError} If it does not.
   */
  requireRun(runId: string): Promise<void>;
  /**
   * Checks whether an artifact of this name could be put. Returns the existing one, if any.
   *
   * @throws {RunNotFoundError} If the run does not exist.
   * @throws {InvalidNameError} If the name conflicts with another of the run.
   */
  checkName(runId: string, name: string): Promise<IndexEntry | undefined>;
  /**
   * Inserts a record in a transaction that checks that the name is free and publishes the bytes
   * before the record. If the name is taken, resolves to the existing artifact without any change.
   */
  insert(
    artifact: NewArtifact,
    publish: (path: string) => Promise<void>,
    signal?: AbortSignal,
  ): Promise<{ inserted: ArtifactRecord } | { found: IndexEntry }>;
  /**
   * Calls `publish` under the write lock if the record still describes its bytes as `record` does.
   *
   * @returns Whether it was called.
   */
  republish(record: ArtifactRecord, publish: (path: string) => Promise<void>): Promise<boolean>;
  /**
   * Removes a record; resolves to `false` if it did not exist.
   *
   * @throws {ArtifactInUseError} If a model version uses the artifact, unless `force` is set, which
   * removes the version in the same transaction.
   */
  remove(id: string, force: boolean): Promise<boolean>;
  /** Drops cached state of a run whose artifacts another component has changed. */
  invalidate(runId: string): void;
}
