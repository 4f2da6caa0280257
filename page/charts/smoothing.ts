/** Smoothing of curves. */

/**
 * Smooths values by an exponential moving average without its bias at the start. Values that are no
 * numbers stay, and are left out of the average.
 *
 * @param weight From 0, no smoothing, to less than 1.
 */
export function smooth(
  values: readonly (number | null | undefined)[],
  weight: number,
): (number | null | undefined)[] {
  if (weight <= 0) return [...values];
  let [average, bias] = [0, 1];
  return values.map((value) => {
    if (typeof value !== "number") return value;
    average = average * weight + value * (1 - weight);
    bias *= weight;
    return average / (1 - bias);
  });
}
