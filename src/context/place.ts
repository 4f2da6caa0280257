/** Places of a store: paths, or URLs of a database server and a bucket. */
import { option, phrase } from "../base/phrase.ts";
import { InvalidOptionError } from "../base/errors.ts";
import { schemeOf, withoutSecrets } from "../base/url.ts";

/** Places of a store's two parts. */
interface NamedPlace {
  readonly path?: string | URL | undefined;
  readonly artifactDir?: string | URL | undefined;
}

/** URL schemes of PostgreSQL, the same as in its own programs. */
const POSTGRES = ["postgres", "postgresql"];

/** Whether a `postgres:` URL names the database. */
export function isPostgres(path: string | URL | undefined): boolean {
  const scheme = path === undefined ? undefined : schemeOf(path);
  return scheme !== undefined && POSTGRES.includes(scheme);
}

/** Whether an `http:` or `https:` URL names a server that has the whole store. */
export function isServer(path: string | URL | undefined): boolean {
  const scheme = path === undefined ? undefined : schemeOf(path);
  return scheme === "http" || scheme === "https";
}

/** Whether an `s3:` URL names the bucket of the artifacts. */
export function isS3(artifactDir: string | URL | undefined): boolean {
  return artifactDir !== undefined && schemeOf(artifactDir) === "s3";
}

/** Whether any part of a store is on a server. */
export function isRemote(
  { path, artifactDir }: NamedPlace,
): boolean {
  return isPostgres(path) || isServer(path) || isS3(artifactDir);
}

/**
 * Checks the schemes of a store's places.
 *
 * @throws {InvalidOptionError} If a URL has an unknown scheme, or a database server comes without a
 * place for artifacts.
 */
export function assertPlace(
  { path, artifactDir }: NamedPlace,
): void {
  const scheme = path === undefined ? undefined : schemeOf(path);
  if (isServer(path)) return assertServer(path!, artifactDir);
  if (scheme !== undefined && scheme !== "file" && !POSTGRES.includes(scheme)) {
    refuse("path", path!, "a path, a file:, a postgres: or an https: URL");
  }
  const other = artifactDir === undefined ? undefined : schemeOf(artifactDir);
  if (other !== undefined && other !== "file" && other !== "s3") {
    refuse("artifactDir", artifactDir!, "a path, a file: URL or an s3: URL");
  }
  if (isPostgres(path) && artifactDir === undefined) {
    throw new InvalidOptionError(
      phrase`Cannot open ${
        withoutSecrets(String(path))
      }: a database server has no directory beside it; name the directory or the bucket of the artifacts (${
        option("artifactDir")
      })`,
    );
  }
}

/**
 * Checks that a store consists of a database file and a directory.
 *
 * @throws {InvalidOptionError} If a part of it is on a server.
 */
export function assertLocal(
  action: string,
  { path, artifactDir }: NamedPlace,
): void {
  const remote = isPostgres(path) || isServer(path)
    ? path
    : isS3(artifactDir)
    ? artifactDir
    : undefined;
  if (remote === undefined) return;
  throw new InvalidOptionError(
    `Cannot ${action} ${withoutSecrets(String(remote))}: it takes a database file and a directory`,
  );
}

function assertServer(path: string | URL, artifactDir: string | URL | undefined): void {
  if (!URL.canParse(path)) refuse("path", path, "the URL of a server");
  if (artifactDir === undefined) return;
  throw new InvalidOptionError(
    phrase`Cannot open ${
      withoutSecrets(String(path))
    }: the server knows where its artifacts are; leave out ${option("artifactDir")}`,
  );
}

function refuse(name: string, value: string | URL, takes: string): never {
  throw new InvalidOptionError(
    phrase`Cannot open a store: ${option(name)} takes ${takes}, not ${
      withoutSecrets(String(value))
    }`,
  );
}
