/** Maximum number of suggestions. */
const MAX_NAMES = 3;

/** Returns the names most similar to one that does not exist, nearest first. */
export function nearNames(asked: string, names: readonly string[]): string[] {
  const plain = plainOf(asked);
  const allowed = Math.max(1, Math.floor(plain.length / 4));
  return names
    .map((name) => ({ name, distance: distanceOf(plain, plainOf(name)) }))
    .filter(({ distance }) => distance <= allowed)
    .sort((a, b) => a.distance - b.distance)
    .slice(0, MAX_NAMES)
    .map(({ name }) => name);
}

/** Normalizes a name: no case, no separators, at most 64 characters. */
function plainOf(name: string): string {
  return name.slice(0, 64).toLowerCase().replaceAll(/[\s._/-]+/g, "");
}

/** Edit distance of two texts, where swapping two neighbours counts as one edit. */
function distanceOf(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const changed = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(changed, row[j]! + 1, next[j - 1]! + 1));
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) next[j] = Math.min(next[j]!, before[j - 2]! + 1);
    }
    [before, row] = [row, next];
  }
  return row[b.length]!;
}
