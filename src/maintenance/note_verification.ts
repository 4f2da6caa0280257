/** Note of a verification, for those who ask when the store was verified last. */
import type { StoreContext } from "../context/compose.ts";

/** Notes a verification of the whole store. Best effort: it does not make the verification fail. */
export async function noteVerification(
  { metadata, now }: StoreContext,
  { artifacts, damaged }: { readonly artifacts: number; readonly damaged: number },
): Promise<void> {
  await metadata.noteVerification({ time: now(), artifacts, damaged }).catch(() => {});
}
