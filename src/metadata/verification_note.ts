/** Note of a verification of the whole store. */

/** What the last verification found. */
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

/** Parses the note as it is stored; `undefined` if it is none. */
export function parseVerificationNote(text: string | undefined): VerificationNote | undefined {
  try {
    const note = JSON.parse(text ?? "null") as VerificationNote | null;
    const numbers = [note?.time, note?.artifacts, note?.damaged];
    return numbers.every(Number.isSafeInteger) ? note! : undefined;
  } catch {
    return undefined;
  }
}
