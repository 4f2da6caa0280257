import { fromFileUrl, isAbsolute, relative, resolve } from "@std/path";
import { InvalidOptionError, quote } from "./errors.ts";

/** Whether an absolute path is `directory` or below it; `false` if `directory` is `undefined`. */
export function isBelow(path: string, directory: string | undefined): boolean {
  if (directory === undefined) return false;
  const way = relative(directory, path);
  return !isAbsolute(way) && !/^\.\.([/\\]|$)/.test(way);
}

/**
 * Converts a path or `file:` URL to an absolute path.
 *
 * @throws {InvalidOptionError} If it is neither, or empty: an empty path would mean the working
 *   directory.
 */
export function toPath(path: string | URL): string {
  if (!(path instanceof URL)) {
    if (typeof path === "string" && path !== "" && !path.includes("\0")) return resolve(path);
    throw new InvalidOptionError(
      `Cannot use ${quote(path)} as a path: it must be text that is not empty, or a file: URL`,
    );
  }
  if (path.protocol !== "file:") {
    throw new InvalidOptionError(
      `Cannot use the URL ${JSON.stringify(path.href)}: only file: URLs name a path; ` +
        "fetch others and pass the response",
    );
  }
  return fromFileUrl(path);
}
