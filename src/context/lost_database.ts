/** A database that is gone, or empty, beside artifacts that it had. */
import { quote } from "../base/errors.ts";
import { option, phrase } from "../base/phrase.ts";
import { LostDatabaseError } from "../base/store_errors.ts";
import { firstEntry } from "../bytes/files/first_entry.ts";

/**
 * Refuses to create a database where the artifact directory already has files. They are those of a
 * database that was lost, or not a store's at all: a new store would take all of them for orphans, and
 * remove them.
 *
 * @throws {LostDatabaseError} If that is so.
 */
export async function requireNoFormerLife(path: string, artifactDir: string): Promise<void> {
  const state = await stateOf(path);
  if (state === undefined) return;
  const name = await firstEntry(artifactDir);
  if (name === undefined) return;
  throw new LostDatabaseError(
    path,
    artifactDir,
    phrase`${state}, but the artifact directory ${quote(artifactDir)} has files, such as ${
      quote(name)
    }; bring the database back (chachaml restore BACKUP), or, to start again without them, move the directory elsewhere or name another (${
      option("artifactDir")
    }), or leave them where they are (${option("adoptDirectory", true)})`,
  );
}

async function stateOf(path: string): Promise<string | undefined> {
  try {
    const { size, isFile } = await Deno.stat(path);
    return isFile && size === 0 ? "it is empty" : undefined;
  } catch (error) {
    // Anything else shows when it is opened.
    return error instanceof Deno.errors.NotFound ? "it is not there" : undefined;
  }
}
