/** Location of spooled writes. */
import { join } from "@std/path";
import { builtin } from "../../base/builtin.ts";
import { toPath } from "../../base/path.ts";
import { variable } from "../../base/variable.ts";

/**
 * Returns the spool directory for a server: below the requested directory or else the user's cache,
 * if writing there is already permitted.
 *
 * @returns `undefined` if there is none.
 */
export function spoolDirectory(
  asked: string | URL | undefined,
  address: string,
): string | undefined {
  const parent = asked === undefined ? cacheDirectory() : toPath(asked);
  if (parent === undefined) return undefined;
  const hash = builtin("node:crypto").createHash("sha256").update(address).digest("hex");
  return join(parent, hash.slice(0, 16));
}

function cacheDirectory(): string | undefined {
  const home = variable("HOME");
  const cache = variable("XDG_CACHE_HOME") ?? (home && join(home, ".cache"));
  if (cache === undefined || cache === "") return undefined;
  const path = join(cache, "chachaml", "spool");
  const isAllowed = (["read", "write"] as const).every((name) =>
    Deno.permissions.querySync({ name, path }).state === "granted"
  );
  return isAllowed ? path : undefined;
}
