/**
 * The one door between values and how they look in a notebook. Values carry a kind; the renderer is
 * loaded when the first of them is shown.
 */

/** One value in several forms, by MIME type, as Jupyter takes them. `text/plain` is always there. */
export interface MediaBundle {
  /** For a console, and for `git diff`. */
  readonly "text/plain": string;
  /** Other forms. */
  readonly [type: string]: unknown;
}

/** The name of the method that Jupyter calls for the forms of a value. */
export const DISPLAY: unique symbol = Symbol.for("Jupyter.display");

/** The kinds of values that can be shown. */
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

/** Renders values. */
export interface Renderer {
  /** Gives the forms of a value. */
  show(kind: Kind, value: unknown): MediaBundle | Promise<MediaBundle>;
  /** Stores the forms that a notebook shows of a value as artifacts of a run. */
  capture(run: unknown, name: string, value: unknown, options: unknown): Promise<unknown>;
}

let load: () => Promise<Renderer> = () => Promise.reject(new Error("Cannot show: no renderer"));

/** Sets how the renderer is loaded. */
export function renderWith(loader: () => Promise<Renderer>): void {
  load = loader;
}

/** Loads the renderer. */
export function renderer(): Promise<Renderer> {
  return load();
}

/**
 * Gives a plain object or array the method that shows it in a notebook. The method cannot be
 * enumerated, so that equality, JSON and spread do not see it.
 */
export function displayable<T extends object>(value: T, kind: Kind): T {
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

/**
 * Gives a value a display of its own making, where more is shown than the value holds: a run with its
 * metrics and artifacts, say.
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

/** One method for all values of a kind: there may be very many. */
const METHODS: Partial<Record<Kind, () => Promise<MediaBundle>>> = {};

function methodOf(kind: Kind): () => Promise<MediaBundle> {
  return async function (this: unknown): Promise<MediaBundle> {
    return await (await renderer()).show(kind, this);
  };
}
