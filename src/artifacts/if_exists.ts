/** What a put does if the run has the name already. */
export type IfExists = "error" | "same" | "replace";

const CHOICES: Record<IfExists, true> = { error: true, same: true, replace: true };

/** All choices. */
export const IF_EXISTS = Object.keys(CHOICES) as readonly IfExists[];
