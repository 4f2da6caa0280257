/** Ids that a person can read and type. */

/** Characters that an id keeps at least. */
const SHORTEST = 8;

/** UUIDs as short as they still differ by; other ids, which somebody has chosen, as they are. */
export function shortIds(ids: readonly string[]): string[] {
  const unique = [...new Set(ids)];
  let length = SHORTEST;
  while (new Set(unique.map((id) => shorten(id, length))).size < unique.length) length++;
  return ids.map((id) => shorten(id, length));
}

function shorten(id: string, length: number): string {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id) ? id.slice(0, length) : id;
}
