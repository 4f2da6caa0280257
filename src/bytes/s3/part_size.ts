/** How large the parts of an upload are: ten thousand of them have to do for 5 TiB. */

const MIB = 2 ** 20;

/** Bytes of the parts of most uploads. */
export const PART = 8 * MIB;

/** Bytes that are held for one part at most; a larger part is put together on the server. */
export const LARGEST_HELD = 2 * PART;

/** Parts of one upload at most: ten thousand, and the first one is smaller than the others may be. */
const MAX_PARTS = 9999;

/** Parts after which they are twice as large, where it is not known how many bytes come. */
const DOUBLE_AFTER = 1000;

/**
 * The bytes of a part.
 *
 * @param number The part, counted from 1.
 * @param total Bytes of all parts, where that is known: then all but the last are equal.
 */
export function partSize(number: number, total: number | undefined): number {
  if (total !== undefined) return Math.max(PART, Math.ceil(total / MAX_PARTS / MIB) * MIB);
  return PART * 2 ** Math.floor((number - 1) / DOUBLE_AFTER);
}
