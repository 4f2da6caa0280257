/** Rules for versions of models that arrive from another store. */
import type { ModelVersionDocument } from "./run_document.ts";

/** What a store has of a model that a version of arrives. */
export interface ModelAtArrival {
  /** Whether another version has its number. */
  readonly isTaken: boolean;
  /** The highest number that there is; 0 if there is none. */
  readonly latest: number;
  /** Whether a version is in production. */
  readonly isInProduction: boolean;
}

/**
 * The number and the stage that a version gets: the next number where its own is taken, and no stage
 * where it was in production and another version is, which stays the only one.
 */
export function placeOfArrival(
  { version, stage }: ModelVersionDocument,
  { isTaken, latest, isInProduction }: ModelAtArrival,
): { readonly version: number; readonly stage: string } {
  return {
    version: isTaken ? latest + 1 : version,
    stage: stage === "production" && isInProduction ? "none" : stage,
  };
}
