/** Sizes of the parts of an upload: at most ten thousand parts for up to 5 TiB. */

const MIB = 2 ** 20;

/** Bytes of the parts of most uploads: the least that servers take. */
export const PART = 5 * MIB;

/** Maximum number of bytes held in memory per part; larger parts are composed on the server. */
export const MAX_BUFFERED = PART;

/** Maximum number of parts: ten thousand, of which the first one may be too small. */
const MAX_PARTS = 9999;

/** Where it is not known how many bytes come: parts of the first size, and of each larger one. */
const FIRST_PARTS = 3000;
const LARGER_PARTS = 500;

/** Maximum number of doublings: a part has at most 5 GiB. */
const DOUBLINGS = 9;

/**
 * Returns the size of a part, in bytes.
 *
 * @param number Number of the part, from 1.
 * @param total Total size, if known: then all parts but the last are equal.
 */
export function partSize(number: number, total: number | undefined): number {
  if (total !== undefined) return Math.max(PART, Math.ceil(total / MAX_PARTS / MIB) * MIB);
  const doublings = Math.ceil((number - FIRST_PARTS) / LARGER_PARTS);
  return PART * 2 ** Math.min(DOUBLINGS, Math.max(0, doublings));
}

/** Sizes of parts. */
export interface PartSizes {
  /** Returns the size of a part, in bytes. */
  readonly partSize: (number: number, total: number | undefined) => number;
  /** Maximum number of bytes held in memory per part. */
  readonly held: number;
}

/** How large parts are by themselves. */
export const SIZES: PartSizes = { partSize, held: MAX_BUFFERED };
