/** Tries what a put does in the directory of a file store. */
import { join } from "@std/path";
import { littleSpace } from "../../base/free_space.ts";
import { fsError } from "../../base/fs_error.ts";
import type { ByteStoreCheck } from "../byte_store.ts";
import { letGo } from "./let_go.ts";

/** Mode bits by which the group, or all, may write. */
const OTHERS_WRITE = 0o022;

/** Creates a staged file, gives it a second name, removes both, and looks at the place. */
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
    const little = await littleSpace(root);
    if (little !== undefined) warnings.push(little);
  } catch (error) {
    failure = fsError(error, `store bytes in ${JSON.stringify(root)}`) as Error;
  }
  return { failure, warnings };
}

/** Whether a new file can have a second name. */
function tryLink(staging: string): boolean {
  const [first, second] = [0, 1].map(() => join(staging, crypto.randomUUID()));
  const file = Deno.openSync(first!, { createNew: true, write: true, mode: 0o444 });
  try {
    // A collector leaves what is locked.
    file.tryLockSync(true);
    Deno.linkSync(first!, second!);
    Deno.removeSync(second!);
    return true;
  } catch {
    return false;
  } finally {
    letGo(first!, file);
  }
}
