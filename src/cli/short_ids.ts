/** Ids short enough to read and type. */

/** Minimum number of characters of a shortened id. */
const SHORTEST = 8;

/** Shortens UUIDs as far as they stay unique; other ids were chosen by people and stay. */
export function shortIds(ids: readonly string[]): string[] {
  const unique = [...new Set(ids)];
  let length = SHORTEST;
  while (new Set(unique.map((id) => shorten(id, length))).size < unique.length) length++;
  return ids.map((id) => shorten(id, length));
}

function shorten(id: string, length: number): string {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id) ? id.slice(0, length) : id;
}
