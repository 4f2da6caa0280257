/** Stand-in for the used part of `@std/path`, for networks without JSR. */
import { pathToFileURL } from "node:url";

export { basename, dirname, isAbsolute, join, relative, resolve } from "node:path";
export { fileURLToPath as fromFileUrl } from "node:url";

/** The `file:` URL of an absolute path. */
export function toFileUrl(path: string): URL {
  return new URL(pathToFileURL(path).href);
}
