import { NotRemoteError } from "../base/server_errors.ts";
import type {
  ArtifactIndex,
  ArtifactPosition,
  ArtifactQuery,
  ArtifactTotals,
  DirectoryEntry,
  IndexEntry,
} from "../metadata/artifact_index.ts";
import type { Connection } from "./connection.ts";
import type { Operations } from "./protocol/operations.ts";

/** Records of artifacts on a server, for reading. The server changes them together with their bytes. */
export class RemoteArtifactIndex implements ArtifactIndex {
  readonly #connection: Connection;
  readonly #calls: Operations<"artifacts">;

  /** Creates an accessor of the server of `connection`. */
  constructor(connection: Connection, calls: Operations<"artifacts">) {
    this.#connection = connection;
    this.#calls = calls;
  }

  async *each(runId?: string, after?: ArtifactPosition): AsyncGenerator<IndexEntry> {
    for (let position = after;;) {
      const entries = await this.#connection.call("read", "artifacts.page", [runId, position]);
      yield* entries as IndexEntry[];
      const last = (entries as IndexEntry[]).at(-1)?.record;
      if (!last) return;
      position = { runId: last.runId, name: last.name };
    }
  }

  // deno-lint-ignore require-yield
  async *eachDuplicate(): AsyncGenerator<IndexEntry> {
    throw new NotRemoteError("look for duplicates in");
  }

  totals(runId?: string, after?: ArtifactPosition): Promise<ArtifactTotals> {
    return this.#calls.totals(runId, after);
  }

  children(runId: string, directory: string): Promise<DirectoryEntry[]> {
    return this.#calls.children(runId, directory);
  }

  unnamed(keys: Iterable<string>): Promise<Set<string>> {
    return this.#calls.unnamed(keys);
  }

  namedByScan(keys: Iterable<string>): Promise<Set<string>> {
    return this.#calls.namedByScan(keys);
  }

  checkName(runId: string, name: string): Promise<IndexEntry | undefined> {
    return this.#calls.checkName(runId, name);
  }

  checkNames(runId: string, names: readonly string[]): Promise<ReadonlyMap<string, IndexEntry>> {
    return this.#calls.checkNames(runId, names);
  }

  byId(id: string): Promise<IndexEntry | undefined> {
    return this.#calls.byId(id);
  }

  byName(runId: string, name: string): Promise<IndexEntry | undefined> {
    return this.#calls.byName(runId, name);
  }

  list(query: ArtifactQuery): Promise<IndexEntry[]> {
    return this.#calls.list(query);
  }

  requireRun(runId: string): Promise<void> {
    return this.#calls.requireRun(runId);
  }

  insert(): Promise<never> {
    return refuse();
  }

  insertAll(): Promise<never> {
    return refuse();
  }

  update(): Promise<never> {
    return refuse();
  }

  republish(): Promise<never> {
    return refuse();
  }

  remove(): Promise<never> {
    return refuse();
  }

  removeIfUnnamed(): Promise<never> {
    return refuse();
  }

  invalidate(): void {}
}

function refuse(): Promise<never> {
  return Promise.reject(new NotRemoteError("change records of"));
}
