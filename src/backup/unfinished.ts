/** Marker of an unfinished first backup, while no database names its files. */
import { dirname, join } from "@std/path";
import { fsError } from "../base/fs_error.ts";
import type { Place } from "./place.ts";

const NAME = "unfinished-backup";

/**
 * Returns the directories that an unfinished first backup may have copied files to; `undefined` if
 * there is none.
 */
export async function unfinishedDirectories(place: Place): Promise<Set<string> | undefined> {
  try {
    const lines = (await Deno.readTextFile(noteOf(place))).split("\n");
    return new Set(lines.map(parse).filter((name) => name !== undefined));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw fsError(error, `read ${JSON.stringify(noteOf(place))}`);
  }
}

/** Records further directories that a first backup is about to copy files to. */
export async function noteUnfinished(place: Place, names: Iterable<string>): Promise<void> {
  try {
    // Starts with a newline, because the last line may be truncated.
    const text = ["", ...[...names].map((name) => JSON.stringify(name)), ""].join("\n");
    await Deno.writeTextFile(noteOf(place), text, { append: true });
  } catch (error) {
    throw fsError(error, `write ${JSON.stringify(noteOf(place))}`);
  }
}

/** Removes the marker. */
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
    return undefined; // Empty or truncated.
  }
}
