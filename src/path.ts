import { fromFileUrl, isAbsolute, relative, resolve } from "@std/path";
import { InvalidOptionError } from "./errors.ts";

/** Whether an absolute path is a directory, or lies below it. */
export function isBelow(path: string, directory: string): boolean {
  const way = relative(directory, path);
  return !isAbsolute(way) && !/^\.\.([/\\]|$)/.test(way);
}

/** The absolute path that a path or `file:` URL names. */
export function toPath(path: string | URL): string {
  if (!(path instanceof URL)) return resolve(path);
  if (path.protocol !== "file:") {
    throw new InvalidOptionError(
      `Cannot use the URL ${JSON.stringify(path.href)}: only file: URLs name a path; ` +
        "fetch others and pass the response",
    );
  }
  return fromFileUrl(path);
}
