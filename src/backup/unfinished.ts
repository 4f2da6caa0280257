/** The note of a first backup that is not finished: until then there is no database that names files. */
import { dirname, join } from "@std/path";
import { fsError } from "../base/fs_error.ts";
import type { Place } from "./place.ts";

const NAME = "unfinished-backup";

/** The directories that a first backup may have copied files to; `undefined` if there was none. */
export async function unfinishedDirectories(place: Place): Promise<Set<string> | undefined> {
  try {
    const lines = (await Deno.readTextFile(noteOf(place))).split("\n");
    return new Set(lines.map(parse).filter((name) => name !== undefined));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw fsError(error, `read ${JSON.stringify(noteOf(place))}`);
  }
}

/** Notes directories that a first backup is about to copy files to, beside those noted before. */
export async function noteUnfinished(place: Place, names: Iterable<string>): Promise<void> {
  try {
    // After a newline, as the last line may have been cut short.
    const text = ["", ...[...names].map((name) => JSON.stringify(name)), ""].join("\n");
    await Deno.writeTextFile(noteOf(place), text, { append: true });
  } catch (error) {
    throw fsError(error, `write ${JSON.stringify(noteOf(place))}`);
  }
}

/** Removes the note. */
export async function dropUnfinished(place: Place): Promise<void> {
  await Deno.remove(noteOf(place)).catch(() => {});
}

function noteOf({ path }: Place): string {
  return join(dirname(path), NAME);
}

function parse(line: string): string | undefined {
  try {
    const name: unknown = JSON.parse(line);
    return typeof name === "string" && name !== "" ? name : undefined;
  } catch {
    return undefined; // It is empty, or was cut short.
  }
}
