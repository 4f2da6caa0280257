/** Protection against a lost database beside its artifacts. */
import { quote } from "../base/errors.ts";
import { option, phrase } from "../base/phrase.ts";
import { LostDatabaseError } from "../base/storage_errors.ts";
import { firstEntry } from "../bytes/files/first_entry.ts";

/**
 * Checks that no database is created beside an artifact directory that has files. They belong to a
 * lost database or are not artifacts at all; as orphans, `gc` would remove them.
 *
 * @throws {LostDatabaseError} If the database is missing or empty and the directory has files.
 */
export async function requireNoLostDatabase(path: string, artifactDir: string): Promise<void> {
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
    // Other errors are reported when the database is opened.
    return error instanceof Deno.errors.NotFound ? "it is not there" : undefined;
  }
}
