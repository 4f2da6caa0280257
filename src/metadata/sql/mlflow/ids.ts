/** Returns the experiment ids of a request that can exist, as numbers. */
export function idsOf(experimentIds: readonly string[]): number[] {
  return experimentIds.filter((id) => /^\d{1,15}$/.test(id)).map(Number);
}
