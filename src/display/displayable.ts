/**
 * What a notebook needs to show a value. This module is all that loads with the store; how things
 * look is loaded when the first of them is shown.
 */
import type { Kind } from "../jupyter/show.ts";

/** One value in several forms, by MIME type, as Jupyter takes them. `text/plain` is always there. */
export interface MediaBundle {
  /** For a console, and for `git diff`. */
  readonly "text/plain": string;
  /** Other forms. */
  readonly [type: string]: unknown;
}

/** The name of the method that Jupyter asks for the forms of a value. */
export const DISPLAY: unique symbol = Symbol.for("Jupyter.display");

/**
 * Gives a plain object or array the method that shows it in a notebook. The method cannot be
 * enumerated, so that equality, JSON and spread do not see it.
 */
export function displayable<T extends object>(value: T, kind: Kind): T {
  const item = ITEMS[kind];
  if (item !== undefined && Array.isArray(value)) {
    for (const entry of value) displayable(entry, item);
  }
  return Object.defineProperty(value, DISPLAY, {
    value: METHODS[kind] ??= methodOf(kind),
    configurable: true,
    writable: true,
  });
}

/** {@linkcode displayable} as a function of the value alone, for `then`. */
export function shownAs(kind: Kind): <T extends object>(value: T) => T {
  return (value) => displayable(value, kind);
}

/** What the entries of an array are shown as by themselves. */
const ITEMS: Partial<Record<Kind, Kind>> = { runs: "run" };

/** One method for all values of a kind: there may be very many. */
const METHODS: Partial<Record<Kind, () => Promise<MediaBundle>>> = {};

function methodOf(kind: Kind): () => Promise<MediaBundle> {
  return async function (this: unknown): Promise<MediaBundle> {
    const { show } = await import("../jupyter/show.ts");
    return show(kind, this);
  };
}
