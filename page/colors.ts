/** Colours of runs: the same run has the same colour in every view. */

/** Eight hues that colour-blind readers can tell apart, as variables of the style. */
export const PALETTE_SIZE = 8;

const taken = new Map<string, number>();

/**
 * Gives each run its colour: where several are shown together they differ as long as the palette has
 * colours left.
 */
export function assignColors(ids: readonly string[]): void {
  if (taken.size > 500) taken.clear();
  const used = new Set(ids.flatMap((id) => taken.get(id) ?? []));
  for (const id of ids) {
    if (taken.has(id)) continue;
    let color = hashOf(id) % PALETTE_SIZE;
    for (let tries = 0; used.has(color) && tries < PALETTE_SIZE; tries++) {
      color = (color + 1) % PALETTE_SIZE;
    }
    used.add(color);
    taken.set(id, color);
  }
}

/** The place of a run's colour in the palette. */
export function colorIndex(id: string): number {
  return taken.get(id) ?? hashOf(id) % PALETTE_SIZE;
}

/** A run's colour, as a canvas takes it. */
export function colorOf(id: string): string {
  return paletteColor(colorIndex(id));
}

/** A colour of the palette, as the theme has it. */
export function paletteColor(index: number): string {
  return cssVariable(`--c${index % PALETTE_SIZE}`);
}

/** A variable of the style. */
export function cssVariable(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function hashOf(text: string): number {
  let hash = 2166136261;
  for (let at = 0; at < text.length; at++) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 16777619);
  }
  return hash >>> 0;
}
