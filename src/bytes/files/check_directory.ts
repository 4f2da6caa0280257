/** Check of the directory of a file store. */
import { join } from "@std/path";
import { describeLowSpace } from "../../base/free_space.ts";
import { fsError } from "../../base/fs_error.ts";
import type { ByteStoreCheck } from "../byte_store.ts";
import { removeAndClose } from "./cleanup.ts";

/** Mode bits that allow the group or others to write. */
const OTHERS_WRITE = 0o022;

/** Creates a staged file, links it, removes both, and inspects the directory. */
export async function checkDirectory(
  root: string,
  staging: string,
  makeStaging: () => Promise<void>,
): Promise<ByteStoreCheck> {
  const warnings: string[] = [];
  let failure: Error | undefined;
  try {
    await makeStaging();
    if (!tryLink(staging)) {
      warnings.push(
        "its file system has no hard links: names are published by renaming, and nothing is " +
          "deduplicated",
      );
    }
    const { mode } = Deno.statSync(root);
    if (Deno.build.os !== "windows" && ((mode ?? 0) & OTHERS_WRITE) !== 0) {
      warnings.push(
        "others than its owner may write in it, and could swap what lies there for links; " +
          "only those who may change the store should",
      );
    }
    const little = await describeLowSpace(root);
    if (little !== undefined) warnings.push(little);
  } catch (error) {
    failure = fsError(error, `store bytes in ${JSON.stringify(root)}`) as Error;
  }
  return { failure, warnings };
}

/** Whether a new file can be linked. */
function tryLink(staging: string): boolean {
  const [first, second] = [0, 1].map(() => join(staging, crypto.randomUUID()));
  const file = Deno.openSync(first!, { createNew: true, write: true, mode: 0o444 });
  try {
    // `gc` skips locked files.
    file.tryLockSync(true);
    Deno.linkSync(first!, second!);
    Deno.removeSync(second!);
    return true;
  } catch {
    return false;
  } finally {
    removeAndClose(first!, file);
  }
}
