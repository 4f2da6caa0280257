/** Rules for model versions imported from another store. */
import type { ModelVersionDocument } from "./run_document.ts";

/** State of the model that an imported version belongs to. */
export interface ModelStateAtImport {
  /** Whether another version has the same number. */
  readonly isTaken: boolean;
  /** Highest existing version number; 0 if there is none. */
  readonly latest: number;
  /** Whether a version is in production. */
  readonly isInProduction: boolean;
}

/**
 * Returns the number and stage of an imported version: the next number if its own is taken, and the
 * stage `none` if another version is already in production.
 */
export function placeImportedVersion(
  { version, stage }: ModelVersionDocument,
  { isTaken, latest, isInProduction }: ModelStateAtImport,
): { readonly version: number; readonly stage: string } {
  return {
    version: isTaken ? latest + 1 : version,
    stage: stage === "production" && isInProduction ? "none" : stage,
  };
}
