/**
 * Growing logs in a bucket. Each log is a series of objects of at most 1 MiB; the last one is
 * replaced by a longer one every second. A heartbeat object shows that a process is still writing.
 */
import { builtin } from "../../base/builtin.ts";
import { quote, StorageError } from "../../base/errors.ts";
import type { ByteReader, StagedBytes } from "../byte_store.ts";
import type {
  GrowingBytes,
  GrowingByteStore,
  GrowingEntry,
  GrowingReader,
} from "../growing_bytes.ts";
import type { S3Client } from "./client.ts";
import { GrowingObject } from "./growing_object.ts";
import { GrowingObjectReader } from "./growing_reader.ts";
import { type ListedObject, listObjects, OWN } from "./list_objects.ts";
import type { Objects } from "./objects.ts";

/** Key prefix of logs: `<run>/<hash of the name>/` with `name`, `alive` and segments `00000001`… */
const LOGS = `${OWN}/logs`;

/** Time without a heartbeat after which a writer is considered dead, in milliseconds. */
const GONE_AFTER = 60_000;

/** Stages a source as the bytes of an artifact. */
export type Stage = (source: ByteReader, runId: string, name: string) => Promise<StagedBytes>;

/** A log found in the listing. */
interface Found {
  readonly directory: string;
  readonly runId: string;
  readonly segments: ListedObject[];
  startedAt?: Date;
  aliveAt?: Date;
}

/** Growing logs of a bucket. */
export class GrowingObjects implements GrowingByteStore {
  readonly #client: S3Client;
  readonly #objects: Objects;
  readonly #stage: Stage;

  /** Creates a store of logs; `stage` stages the bytes of the future artifact. */
  constructor(client: S3Client, objects: Objects, stage: Stage) {
    this.#client = client;
    this.#objects = objects;
    this.#stage = stage;
  }

  async create(runId: string, name: string): Promise<GrowingBytes> {
    const directory = directoryOf(runId, name);
    const action = `log to ${quote(name)} of run ${quote(runId)}`;
    const request = {
      method: "PUT",
      action,
      key: `${directory}/name`,
      body: new TextEncoder().encode(name),
    } as const;
    const isThere = await this.#objects.head(request.key);
    const { ok, status } = isThere ? { ok: false, status: 412 } : await this.#client.sendForHead({
      ...request,
      headers: { "if-none-match": "*" },
      accept: [409, 412, 501],
    });
    if (status === 501) await this.#client.sendForHead(request);
    else if (!ok) {
      throw new StorageError(action, "it is already being written; choose another name");
    }
    const growing = new GrowingObject(this.#client, directory, name, {
      stage: (size) => this.#stageSegments(runId, name, directory, size),
    });
    await growing.beat();
    return growing;
  }

  async list(runId?: string): Promise<GrowingEntry[]> {
    const entries: GrowingEntry[] = [];
    for (const found of await this.#find(runId === undefined ? "" : `${runId}/`)) {
      const name = await this.#nameOf(found.directory);
      if (name === undefined) continue;
      const last = found.segments.at(-1)?.modifiedAt ?? found.startedAt ?? new Date(0);
      entries.push({
        runId: found.runId,
        name,
        size: sizeOf(found),
        changedAt: last,
        growing: this.#isGrowing(found),
      });
    }
    return entries;
  }

  async open(runId: string, name: string, start = 0): Promise<GrowingReader | undefined> {
    const directory = directoryOf(runId, name);
    const [found] = await this.#find(directory.slice(LOGS.length + 1) + "/");
    if (!found) return undefined;
    const isGrowing = async () => {
      const alive = await this.#objects.head(`${directory}/alive`);
      return alive !== undefined && this.#isRecent(alive.modifiedAt);
    };
    return new GrowingObjectReader(this.#client, this.#objects, {
      directory,
      key: `${runId}/${name}`,
      growing: this.#isGrowing(found),
      isGrowing,
    }, start);
  }

  async stageAbandoned(runId: string, name: string): Promise<StagedBytes | undefined> {
    const directory = directoryOf(runId, name);
    const [found] = await this.#find(directory.slice(LOGS.length + 1) + "/");
    if (!found || this.#isGrowing(found)) return undefined;
    return await this.#stageSegments(runId, name, directory, sizeOf(found));
  }

  async remove(runId: string, name: string): Promise<void> {
    const directory = directoryOf(runId, name);
    const [found] = await this.#find(directory.slice(LOGS.length + 1) + "/");
    if (found && !this.#isGrowing(found)) await this.#removeLog(directory);
  }

  /** Stages the segments as the bytes of an artifact; they are removed after those are stored. */
  async #stageSegments(
    runId: string,
    name: string,
    directory: string,
    size: number,
  ): Promise<StagedBytes> {
    const reader = new GrowingObjectReader(this.#client, this.#objects, {
      directory,
      key: `${runId}/${name}`,
      growing: false,
      isGrowing: () => Promise.resolve(false),
    });
    const staged = await this.#stage(
      {
        size,
        read: (into) => reader.read(into),
        close: () => Promise.resolve(reader.close()),
      },
      runId,
      name,
    );
    return new StagedLog(staged, () => this.#removeLog(directory));
  }

  async #removeLog(directory: string): Promise<void> {
    const keys: string[] = [];
    for await (const { key } of listObjects(this.#client, `${directory}/`)) keys.push(key);
    // The name is removed last, so that readers find it until everything else is gone.
    const name = `${directory}/name`;
    await this.#objects.removeAll(keys.filter((key) => key !== name));
    await this.#objects.remove(name);
  }

  async #nameOf(directory: string): Promise<string | undefined> {
    const { ok, bytes } = await this.#client.sendForAnswer({
      method: "GET",
      action: "read the name of a log",
      key: `${directory}/name`,
      accept: [404],
    });
    return ok ? new TextDecoder().decode(bytes) : undefined;
  }

  async #find(under: string): Promise<Found[]> {
    const found = new Map<string, Found>();
    for await (const object of listObjects(this.#client, `${LOGS}/${under}`)) {
      const slash = object.key.lastIndexOf("/");
      const directory = object.key.slice(0, slash);
      const runId = directory.slice(LOGS.length + 1).split("/")[0]!;
      let log = found.get(directory);
      if (!log) found.set(directory, log = { directory, runId, segments: [] });
      const part = object.key.slice(slash + 1);
      if (part === "name") log.startedAt = object.modifiedAt;
      else if (part === "alive") log.aliveAt = object.modifiedAt;
      else log.segments.push(object);
    }
    return [...found.values()].filter(({ startedAt }) => startedAt !== undefined);
  }

  #isGrowing({ aliveAt }: Found): boolean {
    return aliveAt !== undefined && this.#isRecent(aliveAt);
  }

  #isRecent(time: Date): boolean {
    return this.#client.serverTime - time.getTime() < GONE_AFTER;
  }
}

/** Staged bytes whose log is removed after they are stored, and stays if they are discarded. */
class StagedLog implements StagedBytes {
  readonly key: string;
  readonly size: number;
  readonly hash: string;
  readonly #staged: StagedBytes;
  readonly #removeLog: () => Promise<void>;

  constructor(staged: StagedBytes, removeLog: () => Promise<void>) {
    this.key = staged.key;
    this.size = staged.size;
    this.hash = staged.hash;
    this.#staged = staged;
    this.#removeLog = removeLog;
  }

  /** Staged bytes known to the store. */
  get original(): StagedBytes {
    return this.#staged;
  }

  async release(): Promise<void> {
    await this.#staged.release();
    await this.#removeLog().catch(() => {}); // It is recovered again, to the same artifact.
  }

  discard(): Promise<void> {
    return this.#staged.discard();
  }
}

/** Returns the bytes that the store itself has staged. */
export function originalOf(staged: StagedBytes): StagedBytes {
  return staged instanceof StagedLog ? staged.original : staged;
}

function sizeOf({ segments }: Found): number {
  return segments.reduce((sum, { size }) => sum + size, 0);
}

/** Returns the directory of a log. The name is hashed, because it may be as long as a key. */
function directoryOf(runId: string, name: string): string {
  const hash = builtin("node:crypto").createHash("sha256").update(name).digest("hex");
  return `${LOGS}/${runId}/${hash.slice(0, 32)}`;
}
