import { InvalidNameError } from "../base/errors.ts";
import { fold } from "./names.ts";

/** The names of one run's artifacts, to find those that could not stand side by side on disk. */
export class NameIndex {
  /** Folded name to name. */
  readonly #files = new Map<string, string>();
  /** Folded directory to one of the names below it, and how many there are. */
  readonly #directories = new Map<string, { example: string; count: number }>();

  /** Indexes `names`. */
  constructor(names: Iterable<string> = []) {
    for (const name of names) this.add(name);
  }

  /** How many names there are. */
  get size(): number {
    return this.#files.size;
  }

  /** Takes up a name, unless it is there; `shown` is what the artifact is called, if otherwise. */
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

  /** Forgets a name. */
  delete(name: string): void {
    const folded = fold(name);
    if (!this.#files.delete(folded)) return;
    for (const directory of ancestors(folded)) {
      const known = this.#directories.get(directory);
      if (known && --known.count === 0) this.#directories.delete(directory);
    }
  }

  /** Whether this name is there, or one that could not stand beside it. */
  conflicts(name: string): boolean {
    return this.#files.has(fold(name)) || this.#clash(name) !== undefined;
  }

  /**
   * Refuses a name that a file system could take for another of the run, or that would make one
   * path both a file and a directory. A name that is there already is no clash.
   *
   * @throws {InvalidNameError} If `name` clashes.
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

/** The directories above a `/`-separated path: `a` and `a/b` of `a/b/c`. */
function* ancestors(path: string): Generator<string> {
  for (let at = path.indexOf("/"); at >= 0; at = path.indexOf("/", at + 1)) yield path.slice(0, at);
}
