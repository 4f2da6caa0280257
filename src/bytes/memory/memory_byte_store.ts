/**
 * Byte store in memory, for tests of the interface. In-memory stores use files in a temporary
 * directory.
 */
import { StorageError, UnsafePathError } from "../../base/errors.ts";
import { unsafePath } from "../../names/names.ts";
import type {
  ByteEntry,
  ByteRange,
  ByteReader,
  ByteStore,
  ByteStoreCheck,
  CopyOptions,
  Hasher,
  ListOptions,
  OpenBytes,
  PublishOptions,
  ReplacementNote,
  StagedBytes,
  StageOptions,
} from "../byte_store.ts";
import type { Digest } from "../digest.ts";
import { hashFile } from "../hashing.ts";
import { ReplacementUnderWayError } from "../replacement.ts";
import { MemoryReader } from "./memory_reader.ts";
import { readWhole } from "./read_whole.ts";

/** Stored bytes, shared by the names that refer to them. */
interface Held {
  readonly bytes: Uint8Array;
  readonly modifiedAt: Date;
  readonly identity: string;
}

/** A note, and whether its writer is active. */
interface Noted {
  readonly staged: MemoryStaged;
  readonly note: ReplacementNote;
  isAbandoned: boolean;
}

/** Byte store in memory. */
export class MemoryByteStore implements ByteStore {
  readonly canShare = true;
  readonly #published = new Map<string, Held>();
  readonly #staged = new Map<string, Held>();
  readonly #notes = new Map<string, Noted>();
  readonly #leases = new Set<string>();

  async stage(source: ByteReader, options: StageOptions): Promise<StagedBytes> {
    try {
      const { bytes, hash } = await readWhole(source, options);
      await source.close();
      return this.#keep({ bytes, modifiedAt: new Date(), identity: crypto.randomUUID() }, hash);
    } catch (error) {
      await source.close(error);
      throw error;
    }
  }

  copyFrom(opened: OpenBytes, { link, signal }: CopyOptions): Promise<StagedBytes | undefined> {
    signal?.throwIfAborted();
    if (!link || !(opened instanceof MemoryReader) || link.size !== opened.size) {
      return Promise.resolve(undefined);
    }
    return Promise.resolve(this.#keep(opened.held, link.hash));
  }

  #keep(held: Held, hash: string): MemoryStaged {
    const key = crypto.randomUUID();
    this.#staged.set(key, held);
    return new MemoryStaged(key, held, hash, (isStored) => this.#end(key, isStored));
  }

  #end(key: string, isStored: boolean): void {
    const isStaged = this.#staged.delete(key);
    for (const [target, noted] of this.#notes) {
      if (noted.staged.key !== key) continue;
      if (isStored || isStaged) this.#notes.delete(target);
      else noted.isAbandoned = true;
    }
  }

  async publish(
    staged: StagedBytes,
    key: string,
    { isOrphan }: PublishOptions = {},
  ): Promise<void> {
    requireSafe(key);
    if (this.#published.has(key) && isOrphan && !await isOrphan(key)) {
      throw new StorageError(`store ${JSON.stringify(key)}`, "a record names the bytes there");
    }
    this.#published.set(key, (staged as MemoryStaged).held);
  }

  replace(staged: StagedBytes, key: string, note?: ReplacementNote): Promise<string> {
    return Promise.resolve().then(() => {
      requireSafe(key);
      const ours = staged as MemoryStaged;
      if (note) {
        if (this.#notes.has(key)) throw new ReplacementUnderWayError(key);
        this.#notes.set(key, { staged: ours, note, isAbandoned: false });
      }
      this.#published.set(key, ours.held);
      this.#staged.delete(ours.key);
      return key;
    });
  }

  async recoverReplacements(finish: (note: ReplacementNote) => Promise<void>): Promise<void> {
    for (const [key, { staged, note, isAbandoned }] of [...this.#notes]) {
      if (!isAbandoned) continue;
      if (this.#published.get(key) === staged.held) await finish(note);
      this.#notes.delete(key);
    }
  }

  open(key: string, range?: ByteRange): Promise<OpenBytes> {
    return Promise.resolve().then(() => {
      requireSafe(key);
      const held = this.#published.get(key);
      if (!held) throw new Deno.errors.NotFound(`there are no bytes at ${JSON.stringify(key)}`);
      return new MemoryReader(held, this.#notes.get(key)?.note, range);
    });
  }

  stat(key: string): Promise<ByteEntry | undefined> {
    return Promise.resolve().then(() => {
      requireSafe(key);
      const held = this.#published.get(key);
      return held && this.#entryOf(key, held, "published");
    });
  }

  async *list(prefix = "", { unpublished }: ListOptions = {}): AsyncGenerator<ByteEntry> {
    for (const [key, held] of unpublished ? [] : [...this.#published]) {
      if (prefix === "" || key.startsWith(`${prefix}/`)) {
        yield this.#entryOf(key, held, "published");
      }
    }
    if (prefix !== "") return;
    for (const [key, held] of [...this.#staged]) yield this.#entryOf(key, held, "staged");
    await Promise.resolve();
  }

  refresh({ key, identity }: ByteEntry): Promise<ByteEntry | undefined> {
    const [held, state] = this.#staged.has(key)
      ? [this.#staged.get(key), "staged" as const]
      : [this.#published.get(key), "published" as const];
    return Promise.resolve(
      held?.identity === identity ? this.#entryOf(key, held, state) : undefined,
    );
  }

  removeAll(keys: readonly string[]): Promise<Error[]> {
    const failures: Error[] = [];
    for (const key of keys) {
      if (unsafePath(key) === undefined) this.#published.delete(key);
      else failures.push(refusal(key));
    }
    return Promise.resolve(failures);
  }

  async removeEntry(entry: ByteEntry): Promise<boolean> {
    if ((await this.refresh(entry))?.state !== "published") return false;
    return this.#published.delete(entry.key);
  }

  isPublished(staged: StagedBytes, key: string): Promise<boolean> {
    return Promise.resolve(this.#published.get(key) === (staged as MemoryStaged).held);
  }

  hasher(_bytes: number, _signal: AbortSignal): Hasher {
    return {
      width: 1,
      hash: async (key, advance, signal) => {
        const opened = await this.open(key);
        const { size, hash } = await hashFile(opened, { signal }, opened.size);
        advance(size);
        return hash;
      },
      [Symbol.dispose]() {},
    };
  }

  lease(key: string): Promise<(() => Promise<void>) | undefined> {
    if (this.#leases.has(key)) return Promise.resolve(undefined);
    this.#leases.add(key);
    return Promise.resolve(() => Promise.resolve(void this.#leases.delete(key)));
  }

  check(): Promise<ByteStoreCheck> {
    return Promise.resolve({ failure: undefined, warnings: [] });
  }

  #entryOf(key: string, held: Held, state: ByteEntry["state"]): ByteEntry {
    const { bytes, modifiedAt, identity } = held;
    const links = this.#published.values().filter((other) => other === held).toArray().length;
    return { key, kind: "file", state, size: bytes.length, modifiedAt, identity, links };
  }

  url(key: string): string {
    requireSafe(key);
    return `memory:${key.split("/").map(encodeURIComponent).join("/")}`;
  }
}

class MemoryStaged implements StagedBytes, Digest {
  readonly key: string;
  readonly held: Held;
  readonly hash: string;
  readonly #end: (isStored: boolean) => void;

  constructor(key: string, held: Held, hash: string, end: (isStored: boolean) => void) {
    this.key = key;
    this.held = held;
    this.hash = hash;
    this.#end = end;
  }

  get size(): number {
    return this.held.bytes.length;
  }

  release(): Promise<void> {
    return Promise.resolve(this.#end(true));
  }

  discard(): Promise<void> {
    return Promise.resolve(this.#end(false));
  }
}

function refusal(key: string): UnsafePathError {
  return new UnsafePathError(key, unsafePath(key)!);
}

function requireSafe(key: string): void {
  if (unsafePath(key) !== undefined) throw refusal(key);
}
