/** What a store is opened by: paths, or URLs of a database server and of a bucket. */
import { option, phrase } from "../base/phrase.ts";
import { InvalidOptionError } from "../base/errors.ts";
import { schemeOf, withoutSecrets } from "../base/url.ts";

/** The two parts of a store as they are named: by paths or URLs. */
interface NamedPlace {
  readonly path?: string | URL | undefined;
  readonly artifactDir?: string | URL | undefined;
}

/** Schemes of PostgreSQL, as its own programs take them. */
const POSTGRES = ["postgres", "postgresql"];

/** Whether a database is in PostgreSQL: it is named by a `postgres:` URL. */
export function isPostgres(path: string | URL | undefined): boolean {
  const scheme = path === undefined ? undefined : schemeOf(path);
  return scheme !== undefined && POSTGRES.includes(scheme);
}

/** Whether artifacts are in S3: an `s3:` URL names their bucket. */
export function isS3(artifactDir: string | URL | undefined): boolean {
  return artifactDir !== undefined && schemeOf(artifactDir) === "s3";
}

/** Whether a store is reached by the network, in whole or in part. */
export function isRemote(
  { path, artifactDir }: NamedPlace,
): boolean {
  return isPostgres(path) || isS3(artifactDir);
}

/**
 * Refuses URLs that name neither a file nor a kind of server that is known.
 *
 * @throws {InvalidOptionError} If one does.
 */
export function assertPlace(
  { path, artifactDir }: NamedPlace,
): void {
  const scheme = path === undefined ? undefined : schemeOf(path);
  if (scheme !== undefined && scheme !== "file" && !POSTGRES.includes(scheme)) {
    refuse("path", path!, "a path, a file: URL or a postgres: URL");
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
 * Refuses a URL of a server where only a database file and a directory will do.
 *
 * @throws {InvalidOptionError} If there is one.
 */
export function assertLocal(
  action: string,
  { path, artifactDir }: NamedPlace,
): void {
  const remote = isPostgres(path) ? path : isS3(artifactDir) ? artifactDir : undefined;
  if (remote === undefined) return;
  throw new InvalidOptionError(
    `Cannot ${action} ${withoutSecrets(String(remote))}: it takes a database file and a directory`,
  );
}

function refuse(name: string, value: string | URL, takes: string): never {
  throw new InvalidOptionError(
    phrase`Cannot open a store: ${option(name)} takes ${takes}, not ${
      withoutSecrets(String(value))
    }`,
  );
}
