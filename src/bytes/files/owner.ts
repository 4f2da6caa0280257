/**
 * Which database an artifact directory belongs to. Two databases on one directory would take each
 * other's files for orphans, and collect them.
 */
import { option, phrase } from "../../base/phrase.ts";
import { join } from "@std/path";
import { identityOf } from "./lstat.ts";
import { InvalidOptionError } from "../../base/errors.ts";
import { OWNER, STAGING } from "../../names/names.ts";

/** What is noted in the directory itself. */
interface Owner {
  /** Real path of the database. */
  readonly database: string;
  /** Which directory the note is in: a copy of it is another one, and the note not about it. */
  readonly directory: string;
}

/**
 * Refuses a directory that belongs to another database, which is still there.
 *
 * @param artifactDir The directory, by its real path.
 * @param path The database that is to have it; `undefined` for one in memory.
 * @throws {InvalidOptionError} If it does.
 */
export async function requireOwn(artifactDir: string, path: string | undefined): Promise<void> {
  const owner = await readOwner(artifactDir);
  if (!owner || path !== undefined && owner.database === await realPath(path)) return;
  // Where it may not be looked for, nobody is to be asked for that.
  const { state } = Deno.permissions.querySync({ name: "read", path: owner.database });
  const other = state === "granted" ? await stat(owner.database) : undefined;
  const own = path === undefined ? undefined : await stat(path);
  if (!other?.isFile || own && identityOf(own) === identityOf(other)) return;
  throw new InvalidOptionError(
    phrase`Cannot use the artifact directory ${
      JSON.stringify(artifactDir)
    }: it belongs to the database ${JSON.stringify(owner.database)}; name another directory (${
      option("artifactDir")
    })`,
  );
}

/** Notes whose a directory is, as far as that can be: it is a safeguard, and no part of the store. */
export async function noteOwner(artifactDir: string, path: string): Promise<void> {
  try {
    const database = await realPath(path);
    const directory = identityOf(await Deno.stat(artifactDir));
    const noted = await readOwner(artifactDir);
    if (noted?.database === database && noted.directory === directory) return;
    const staging = join(artifactDir, STAGING);
    await Deno.mkdir(staging).catch(() => {});
    if (!(await Deno.lstat(staging)).isDirectory) return;
    const fresh = join(staging, crypto.randomUUID());
    const text = JSON.stringify({ database, directory }) + "\n";
    try {
      await Deno.writeTextFile(fresh, text, { createNew: true });
      await Deno.rename(fresh, join(staging, OWNER));
    } finally {
      await Deno.remove(fresh).catch(() => {});
    }
  } catch {
    // Nobody may write there, or a collector has been faster.
  }
}

async function readOwner(artifactDir: string): Promise<Owner | undefined> {
  try {
    const text = await Deno.readTextFile(join(artifactDir, STAGING, OWNER));
    const { database, directory } = JSON.parse(text) as Partial<Owner>;
    if (typeof database !== "string" || directory !== identityOf(await Deno.stat(artifactDir))) {
      return undefined;
    }
    return { database, directory };
  } catch {
    return undefined; // There is none, or it cannot be made out.
  }
}

async function realPath(path: string): Promise<string> {
  return await Deno.realPath(path).catch(() => path);
}

async function stat(path: string): Promise<Deno.FileInfo | undefined> {
  return await Deno.stat(path).catch(() => undefined);
}
