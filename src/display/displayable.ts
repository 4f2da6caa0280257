/**
 * The only link between values and their notebook rendering. Values carry a kind; the renderer is
 * loaded when the first value is shown.
 */

/**
 * One value in several formats, keyed by MIME type, as Jupyter expects. `text/plain` is always
 * present.
 */
export interface MediaBundle {
  /** Plain text, for consoles and `git diff`. */
  readonly "text/plain": string;
  /** Further formats, e.g. `text/html`. */
  readonly [type: string]: unknown;
}

/** Name of the method that Jupyter calls to display a value. */
export const DISPLAY: unique symbol = Symbol.for("Jupyter.display");

/** Kinds of values that can be displayed. */
export type Kind =
  | "store"
  | "handle"
  | "run"
  | "runs"
  | "artifact"
  | "artifacts"
  | "comparison"
  | "curve"
  | "metrics"
  | "plot"
  | "summary"
  | "datasets"
  | "experiments"
  | "models"
  | "versions"
  | "info"
  | "verified"
  | "verification"
  | "gc"
  | "dedup"
  | "prune"
  | "backup"
  | "restore"
  | "import";

/** Renders values for notebooks. */
export interface Renderer {
  /** Returns the formats of a value. */
  show(kind: Kind, value: unknown): MediaBundle | Promise<MediaBundle>;
  /** Stores the formats of a value as artifacts of a run. */
  capture(run: unknown, name: string, value: unknown, options: unknown): Promise<unknown>;
}

let load: () => Promise<Renderer> = () => Promise.reject(new Error("Cannot show: no renderer"));

/** Sets the function that loads the renderer. */
export function renderWith(loader: () => Promise<Renderer>): void {
  load = loader;
}

/** Loads the renderer. */
export function renderer(): Promise<Renderer> {
  return load();
}

/**
 * Adds a display method to a plain object or array. The method is not enumerable, so equality, JSON
 * and spread ignore it.
 */
export function displayable<T extends object>(value: T, kind: Kind): T {
  return Object.defineProperty(value, DISPLAY, {
    value: METHODS[kind] ??= methodOf(kind),
    configurable: true,
    writable: true,
  });
}

/** Returns {@linkcode displayable} for one kind, for use in `then`. */
export function asDisplayable(kind: Kind): <T extends object>(value: T) => T {
  return (value) => displayable(value, kind);
}

/**
 * Adds a custom display method, for values that show more than they hold, e.g. a run with its
 * metrics.
 */
export function displayableBy<T extends object>(
  value: T,
  show: (value: T) => Promise<MediaBundle>,
): T {
  return Object.defineProperty(value, DISPLAY, {
    value: () => show(value),
    configurable: true,
    writable: true,
  });
}

/** One shared method per kind, because there may be very many values. */
const METHODS: Partial<Record<Kind, () => Promise<MediaBundle>>> = {};

function methodOf(kind: Kind): () => Promise<MediaBundle> {
  return async function (this: unknown): Promise<MediaBundle> {
    return await (await renderer()).show(kind, this);
  };
}
