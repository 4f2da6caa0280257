/** Note of a verification of the whole store. */

/** Result of the last verification. */
export interface VerificationNote {
  /** When it ended, in epoch milliseconds. */
  readonly time: number;
  /** Number of artifacts. */
  readonly artifacts: number;
  /** Number of findings of damage. */
  readonly damaged: number;
}

/** Key of the note among the properties of a store. */
export const VERIFIED = "verified";

/** Parses a stored note; `undefined` if it is invalid. */
export function parseVerificationNote(text: string | undefined): VerificationNote | undefined {
  try {
    const note = JSON.parse(text ?? "null") as VerificationNote | null;
    const numbers = [note?.time, note?.artifacts, note?.damaged];
    return numbers.every(Number.isSafeInteger) ? note! : undefined;
  } catch {
    return undefined;
  }
}
