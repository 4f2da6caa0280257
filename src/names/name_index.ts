import { InvalidNameError } from "../base/errors.ts";
import { fold } from "./names.ts";

/** Names of one run's artifacts, to find those that cannot coexist on a file system. */
export class NameIndex {
  /** Name by folded name. */
  readonly #files = new Map<string, string>();
  /** By folded directory: one name below it, and the number of names. */
  readonly #directories = new Map<string, { example: string; count: number }>();

  /** Indexes `names`. */
  constructor(names: Iterable<string> = []) {
    for (const name of names) this.add(name);
  }

  /** Number of names. */
  get size(): number {
    return this.#files.size;
  }

  /** Adds a name unless it is present. `shown` is the artifact's display name, if different. */
  add(name: string, shown: string = name): void {
    const folded = fold(name);
    if (this.#files.has(folded)) return;
    this.#files.set(folded, shown);
    for (const directory of ancestors(folded)) {
      const known = this.#directories.get(directory);
      if (known) known.count++;
      else this.#directories.set(directory, { example: name, count: 1 });
    }
  }

  /** Removes a name. */
  delete(name: string): void {
    const folded = fold(name);
    if (!this.#files.delete(folded)) return;
    for (const directory of ancestors(folded)) {
      const known = this.#directories.get(directory);
      if (known && --known.count === 0) this.#directories.delete(directory);
    }
  }

  /** Whether the name is present, or cannot coexist with one that is. */
  conflicts(name: string): boolean {
    return this.#files.has(fold(name)) || this.#clash(name) !== undefined;
  }

  /**
   * Checks that a name can coexist with the others: no file system takes it for one of them, and no
   * path would be both a file and a directory. A name that is already present passes.
   *
   * @throws {InvalidNameError} If it cannot.
   */
  check(name: string): void {
    const clash = this.#clash(name);
    if (!clash) return;
    const reason = clash.rule === "clash"
      ? "and some file systems take the two for one"
      : "and one path cannot be both a file and a directory";
    throw new InvalidNameError(
      "an artifact name",
      name,
      clash.rule,
      `the run has ${JSON.stringify(clash.other)}, ${reason}`,
    );
  }

  #clash(name: string): { rule: "clash" | "file-and-directory"; other: string } | undefined {
    const folded = fold(name);
    const same = this.#files.get(folded);
    if (same !== undefined && same !== name) return { rule: "clash", other: same };
    let other = this.#directories.get(folded)?.example;
    for (const directory of ancestors(folded)) other ??= this.#files.get(directory);
    return other === undefined ? undefined : { rule: "file-and-directory", other };
  }
}

/** Yields the directories above a `/`-separated path: `a` and `a/b` for `a/b/c`. */
function* ancestors(path: string): Generator<string> {
  for (let at = path.indexOf("/"); at >= 0; at = path.indexOf("/", at + 1)) yield path.slice(0, at);
}
