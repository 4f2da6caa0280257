/**
 * Ownership of artifact directories. Two databases sharing one directory would remove each other's
 * files as orphans.
 */
import { option, phrase } from "../../base/phrase.ts";
import { isAbsolute, join } from "@std/path";
import { identityOf, openRegular } from "./lstat.ts";
import { InvalidOptionError } from "../../base/errors.ts";
import { OWNER, STAGING } from "../../names/names.ts";

/** Content of the owner note in the directory. */
interface Owner {
  /**
   * Real path of the database file, or the identity of a server-side store, which is not an
   * absolute path.
   */
  readonly database: string;
  /** Identity of the directory: the note is invalid in a copy. */
  readonly directory: string;
}

/**
 * Checks that a directory does not belong to another existing database.
 *
 * @param artifactDir Real path of the directory.
 * @param path Path or identity of the database that uses it; `undefined` for one in memory.
 * @param ignoreServer Whether to ignore an owner on a server, which may or may not still exist.
 * @throws {InvalidOptionError} If it belongs to another database.
 */
export async function requireOwn(
  artifactDir: string,
  path: string | undefined,
  ignoreServer: boolean = false,
): Promise<void> {
  const owner = await readOwner(artifactDir);
  if (!owner || path !== undefined && owner.database === await realPath(path)) return;
  if (!isAbsolute(owner.database)) {
    if (ignoreServer) return;
    throw new InvalidOptionError(
      phrase`Cannot use the artifact directory ${
        JSON.stringify(artifactDir)
      }: it belongs to a store on a database server (${owner.database}); name another directory (${
        option("artifactDir")
      }), or, if that store is gone, take it over (${option("adoptDirectory", true)})`,
    );
  }
  // Avoids a permission prompt for checking whether the owner exists.
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

/** Entries of a directory that users did not create. */
const STRAYS: readonly string[] = ["lost+found", ".DS_Store"];

/**
 * Checks that a directory with files belongs to the store: its files must not be mistaken for
 * orphans.
 *
 * @param artifactDir Real path of the directory.
 * @param knownOrRemoved Returns the names that are or were ids of runs.
 * @throws {InvalidOptionError} If it does not.
 */
export async function requireStoreDirectory(
  artifactDir: string,
  knownOrRemoved: (names: Iterable<string>) => Promise<ReadonlySet<string>>,
): Promise<void> {
  if (await readOwner(artifactDir)) return;
  const names: string[] = [];
  for await (const { name } of Deno.readDir(artifactDir)) {
    if (name !== STAGING && !STRAYS.includes(name)) names.push(name);
  }
  if (names.length === 0 || (await knownOrRemoved(names)).size > 0) return;
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

/** Records the owner of a directory. Best effort: it is a safeguard and not part of the store. */
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
    // The directory may be read-only, or a collector was faster.
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
    return undefined; // Missing or unreadable.
  }
}

/** Reads the note. Anything but a regular file is ignored: a FIFO would block. */
function readNote(path: string): string {
  const file = openRegular(path);
  if (!file) throw new Deno.errors.NotFound();
  try {
    const bytes = new Uint8Array(16 * 1024); // Maximum size of a note.
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
