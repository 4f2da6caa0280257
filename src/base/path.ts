import { fromFileUrl, isAbsolute, relative, resolve } from "@std/path";
import { InvalidOptionError, quote } from "./errors.ts";

/** Whether an absolute path is a directory, or lies below it; `false` where there is none. */
export function isBelow(path: string, directory: string | undefined): boolean {
  if (directory === undefined) return false;
  const way = relative(directory, path);
  return !isAbsolute(way) && !/^\.\.([/\\]|$)/.test(way);
}

/**
 * The absolute path that a path or `file:` URL names.
 *
 * @throws {InvalidOptionError} If it is neither, or empty: that would be the working directory.
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
