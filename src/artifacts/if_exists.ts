/** Behavior of a put if the run already has the name. */
export type IfExists = "error" | "same" | "replace";

const CHOICES: Record<IfExists, true> = { error: true, same: true, replace: true };

/** All values of `IfExists`. */
export const IF_EXISTS = Object.keys(CHOICES) as readonly IfExists[];
