/** Counts what a suite has tried, and reports it. */
import assert from "node:assert/strict";

/** How many points to try: a few among other tests, many in `deno task test:hard`, or all. */
export function effort(few: number, many: number): number {
  switch (Deno.env.get("CHACHAML_HARD")) {
    case "all":
      return Infinity;
    case "many":
      return many;
    default:
      return few;
  }
}

/** So many of the points at even distances, beginning somewhere else for each `seed`. */
export function sample<T>(points: readonly T[], size: number, seed: number): readonly T[] {
  if (points.length <= size) return points;
  if (size === 0) return [];
  const stride = points.length / size;
  const first = (seed * 7) % Math.floor(stride);
  return Array.from({ length: size }, (_, at) => points[first + Math.floor(at * stride)]!);
}

/** Totals of one suite. */
export class Totals {
  readonly #suite: string;
  readonly #possible: number | undefined;
  readonly #counts = new Map<string, number>();
  readonly #failures: string[] = [];

  /** Begins to count; `possible` is how many points there are, if it is known. */
  constructor(suite: string, possible?: number) {
    this.#suite = suite;
    this.#possible = possible;
  }

  /** Counts one point by its outcome. */
  add(outcome: string): void {
    this.#counts.set(outcome, (this.#counts.get(outcome) ?? 0) + 1);
  }

  /** Notes a point at which something was wrong; the others are still tried. */
  fail(problem: string): void {
    this.#failures.push(problem);
  }

  /** Prints the totals. Throws if a point failed, or none was tried. */
  report(): void {
    const counts = [...this.#counts].map(([outcome, count]) => `${count} ${outcome}`);
    const tried = [...this.#counts.values()].reduce((sum, count) => sum + count, 0) +
      this.#failures.length;
    const of = this.#possible === undefined ? "" : ` of ${this.#possible}`;
    const failed = this.#failures.length > 0 ? [`${this.#failures.length} FAILED`] : [];
    console.log(`${this.#suite}: ${tried}${of} points tried: ${[...counts, ...failed].join(", ")}`);
    for (const failure of this.#failures.slice(0, 12)) console.log(`  ${failure}`);
    assert.equal(this.#failures.length, 0, `${this.#failures.length} points failed, see above`);
    assert.ok(tried > 0, "no point was tried");
  }
}
