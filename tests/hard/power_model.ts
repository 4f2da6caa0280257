/**
 * What a disk may hold after a power cut, by what a process has synced until then. The shim has
 * recorded every change in order; here they are played back, and at any point a tree is made of what
 * had to be there, and of as much of the rest as is asked for.
 *
 * A file system may keep less than ext4 does: a file's bytes are there once the file was synced, its
 * name once its directory was.
 */
import { basename, dirname, join } from "@std/path";

/** One recorded change; its numbers are those of `fault_shim.c`. */
export interface Change {
  readonly kind: Kind;
  readonly path: string;
  readonly second: string;
  readonly inode: bigint;
  readonly offset: number;
  readonly length: number;
  readonly bytes: Uint8Array;
}

/** Kinds of changes. */
export enum Kind {
  Created = 1,
  Written,
  Truncated,
  Synced,
  Linked,
  Renamed,
  Unlinked,
  MadeDirectory,
  RemovedDirectory,
  Marked,
}

const HEAD = 40;

/** Reads the shim's record. */
export function readRecord(record: Uint8Array): Change[] {
  const view = new DataView(record.buffer, record.byteOffset, record.byteLength);
  const text = new TextDecoder();
  const changes: Change[] = [];
  for (let at = 0; at < record.length;) {
    const kind = view.getUint32(at, true) as Kind;
    const [first, second] = [view.getUint32(at + 4, true), view.getUint32(at + 8, true)];
    const inode = view.getBigUint64(at + 16, true);
    const offset = Number(view.getBigUint64(at + 24, true));
    const length = Number(view.getBigUint64(at + 32, true));
    at += HEAD;
    const take = (size: number) => record.subarray(at, at += size);
    const path = text.decode(take(first));
    const other = text.decode(take(second));
    const bytes = take(kind === Kind.Written ? length : 0);
    changes.push({ kind, path, second: other, inode, offset, length, bytes });
  }
  return changes;
}

/** The bytes of a file, or the entries of a directory. */
interface State {
  bytes: Uint8Array;
  readonly entries: Map<string, Node>;
}

/** A change of a file or directory. */
interface Step {
  readonly apply: (state: State) => void;
  /** The other half of a rename from one directory to another. */
  other?: { readonly node: Node; readonly step: Step };
}

const copyOf = ({ bytes, entries }: State): State => ({
  bytes: bytes.slice(),
  entries: new Map(entries),
});

/** A file or directory, as the process sees it and as the disk has it for certain. */
class Node {
  readonly isDirectory: boolean;
  readonly seen: State = { bytes: new Uint8Array(0), entries: new Map() };
  durable: State = copyOf(this.seen);
  /** What has been done since the last sync. */
  pending: Step[] = [];

  constructor(isDirectory: boolean) {
    this.isDirectory = isDirectory;
  }

  change(step: Step): void {
    step.apply(this.seen);
    this.pending.push(step);
  }

  sync(): void {
    // A rename is one step on every file system in use: once one directory has it, both have.
    for (const { other } of this.pending) {
      const at = other ? other.node.pending.indexOf(other.step) : -1;
      if (at < 0) continue;
      other!.node.pending.splice(at, 1);
      other!.step.apply(other!.node.durable);
    }
    this.durable = copyOf(this.seen);
    this.pending = [];
  }

  /** What is there if, of the pending steps, only these have reached the disk. */
  surviving(steps: ReadonlySet<Step>): State {
    const state = copyOf(this.durable);
    for (const step of this.pending) if (steps.has(step)) step.apply(state);
    return state;
  }
}

const write = (offset: number, bytes: Uint8Array): Step => ({
  apply: (state) => {
    if (offset + bytes.length > state.bytes.length) resize(state, offset + bytes.length);
    state.bytes.set(bytes, offset);
  },
});

const truncate = (length: number): Step => ({ apply: (state) => resize(state, length) });

function resize(state: State, length: number): void {
  const bytes = new Uint8Array(length);
  bytes.set(state.bytes.subarray(0, length));
  state.bytes = bytes;
}

const setEntry = (path: string, entry: Node | undefined): Step => ({
  apply: ({ entries }) => {
    if (entry) entries.set(basename(path), entry);
    else entries.delete(basename(path));
  },
});

/** How much of what was not synced is there all the same: of `pending` steps, so many. */
export type Luck = (pending: number, isDirectory: boolean) => number;

/** Plays changes back. */
export class PowerModel {
  readonly #root: string;
  readonly #top = new Node(true);
  readonly #inodes = new Map<bigint, Node>();
  readonly #directories = new Set([this.#top]);

  /** Begins with what is below `root` now, all of it durable. */
  constructor(root: string) {
    this.#root = root;
    this.#load(root, this.#top);
  }

  #load(path: string, node: Node): void {
    this.#inodes.set(BigInt(Deno.lstatSync(path).ino ?? 0), node);
    if (node.isDirectory) {
      this.#directories.add(node);
      for (const { name, isDirectory } of Deno.readDirSync(path)) {
        const child = new Node(isDirectory);
        node.seen.entries.set(name, child);
        this.#load(join(path, name), child);
      }
    } else {
      node.seen.bytes = Deno.readFileSync(path);
    }
    node.sync();
  }

  #at(path: string): Node | undefined {
    let node: Node | undefined = this.#top;
    for (const name of path.slice(this.#root.length).split("/").filter(Boolean)) {
      node = node?.seen.entries.get(name);
    }
    return node;
  }

  /** Plays one change. */
  play({ kind, path, second, inode, offset, bytes }: Change): void {
    const node = this.#inodes.get(inode);
    switch (kind) {
      case Kind.Created:
      case Kind.MadeDirectory: {
        const made = new Node(kind === Kind.MadeDirectory);
        this.#inodes.set(inode, made);
        if (made.isDirectory) this.#directories.add(made);
        return this.#at(dirname(path))?.change(setEntry(path, made));
      }
      case Kind.Written:
        return node?.change(write(offset, bytes));
      case Kind.Truncated:
        return node?.change(truncate(offset));
      case Kind.Synced:
        return node?.sync();
      case Kind.Linked:
        return this.#at(dirname(second))?.change(setEntry(second, node));
      case Kind.Renamed:
        return this.#rename(path, second);
      case Kind.Unlinked:
      case Kind.RemovedDirectory:
        return this.#at(dirname(path))?.change(setEntry(path, undefined));
      case Kind.Marked:
        return;
    }
  }

  #rename(from: string, to: string): void {
    const [node, source, target] = [from, dirname(from), dirname(to)].map((path) => this.#at(path));
    const [taken, given] = [setEntry(from, undefined), setEntry(to, node)];
    if (source === target) {
      return source?.change({ apply: (state) => (taken.apply(state), given.apply(state)) });
    }
    if (source && target) {
      taken.other = { node: target, step: given };
      given.other = { node: source, step: taken };
    }
    target?.change(given);
    source?.change(taken);
  }

  /** Makes the tree that may be found after a power cut now. */
  restore(to: string, luck: Luck): void {
    const steps = new Set<Step>();
    for (const { pending } of this.#directories) {
      for (const step of pending.slice(0, luck(pending.length, true))) {
        steps.add(step);
        if (step.other) steps.add(step.other.step);
      }
    }
    const files = new Map<Node, string>();
    const place = (node: Node, path: string) => {
      const there = files.get(node);
      if (there !== undefined) return Deno.linkSync(there, path);
      if (node.isDirectory) {
        Deno.mkdirSync(path);
        for (const [name, entry] of node.surviving(steps).entries) place(entry, join(path, name));
      } else {
        files.set(node, path);
        const written = node.pending.slice(0, luck(node.pending.length, false));
        Deno.writeFileSync(path, node.surviving(new Set(written)).bytes);
      }
    };
    place(this.#top, to);
  }
}
