/**
 * Which database an artifact directory belongs to. Two databases on one directory would take each
 * other's files for orphans, and collect them.
 */
import { option, phrase } from "../../base/phrase.ts";
import { isAbsolute, join } from "@std/path";
import { identityOf, openRegular } from "./lstat.ts";
import { InvalidOptionError } from "../../base/errors.ts";
import { OWNER, STAGING } from "../../names/names.ts";

/** What is noted in the directory itself. */
interface Owner {
  /** Real path of the database file, or the identity of a store on a server: no absolute path. */
  readonly database: string;
  /** Which directory the note is in: a copy of it is another one, and the note not about it. */
  readonly directory: string;
}

/**
 * Refuses a directory that belongs to another database, which is still there.
 *
 * @param artifactDir The directory, by its real path.
 * @param path The database that is to have it, by its path or identity; `undefined` for one in memory.
 * @param adopt Whether it may belong to a store on a server, which may be there or gone.
 * @throws {InvalidOptionError} If it does.
 */
export async function requireOwn(
  artifactDir: string,
  path: string | undefined,
  adopt: boolean = false,
): Promise<void> {
  const owner = await readOwner(artifactDir);
  if (!owner || path !== undefined && owner.database === await realPath(path)) return;
  if (!isAbsolute(owner.database)) {
    if (adopt) return;
    throw new InvalidOptionError(
      phrase`Cannot use the artifact directory ${
        JSON.stringify(artifactDir)
      }: it belongs to a store on a database server (${owner.database}); name another directory (${
        option("artifactDir")
      }), or, if that store is gone, take it over (${option("adoptDirectory", true)})`,
    );
  }
  // Where it may not be looked for, nobody is to be asked for that.
  const { state } = Deno.permissions.querySync({ name: "read", path: owner.database });
  const other = state === "granted" ? await stat(owner.database) : undefined;
  const own = path === undefined || !isAbsolute(path) ? undefined : await stat(path);
  if (!other?.isFile || own && identityOf(own) === identityOf(other)) return;
  throw new InvalidOptionError(
    phrase`Cannot use the artifact directory ${
      JSON.stringify(artifactDir)
    }: it belongs to the database ${JSON.stringify(owner.database)}; name another directory (${
      option("artifactDir")
    })`,
  );
}

/** What a directory may have though nobody has put it there. */
const STRAYS: readonly string[] = ["lost+found", ".DS_Store"];

/**
 * Refuses a directory that has files, of which nothing says that they are the store's: they are not to
 * be taken for what artifacts left behind.
 *
 * @param artifactDir The directory, by its real path.
 * @param everKnown Which of some names are ids of runs that the database has or had.
 * @throws {InvalidOptionError} If it is such a directory.
 */
export async function requireStoreDirectory(
  artifactDir: string,
  everKnown: (names: Iterable<string>) => Promise<ReadonlySet<string>>,
): Promise<void> {
  if (await readOwner(artifactDir)) return;
  const names: string[] = [];
  for await (const { name } of Deno.readDir(artifactDir)) {
    if (name !== STAGING && !STRAYS.includes(name)) names.push(name);
  }
  if (names.length === 0 || (await everKnown(names)).size > 0) return;
  throw new InvalidOptionError(
    phrase`Cannot use the artifact directory ${
      JSON.stringify(artifactDir)
    }: it has files that are not this store's, such as ${
      JSON.stringify(names.sort()[0])
    }; name another directory (${
      option("artifactDir")
    }), or say that it is to be used all the same (${option("adoptDirectory", true)})`,
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
    const staging = join(artifactDir, STAGING);
    if (!(await Deno.lstat(staging)).isDirectory) return undefined;
    const { database, directory } = JSON.parse(readNote(join(staging, OWNER))) as Partial<Owner>;
    if (typeof database !== "string" || directory !== identityOf(await Deno.stat(artifactDir))) {
      return undefined;
    }
    return { database, directory };
  } catch {
    return undefined; // There is none, or it cannot be made out.
  }
}

/** Reads the note. What is no regular file is none: a FIFO would wait for its writer. */
function readNote(path: string): string {
  const file = openRegular(path);
  if (!file) throw new Deno.errors.NotFound();
  try {
    const bytes = new Uint8Array(16 * 1024); // No note is longer.
    return new TextDecoder().decode(bytes.subarray(0, file.readSync(bytes) ?? 0));
  } finally {
    file.close();
  }
}

async function realPath(path: string): Promise<string> {
  if (!isAbsolute(path)) return path;
  return await Deno.realPath(path).catch(() => path);
}

async function stat(path: string): Promise<Deno.FileInfo | undefined> {
  return await Deno.stat(path).catch(() => undefined);
}
