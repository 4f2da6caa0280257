import { toJson } from "../text/format.ts";
import type { Io } from "./io.ts";

/** Characters that are gathered before they are written. */
const CHUNK = 64 * 1024;

/** Prints a JSON array on one line, an item at a time. */
export async function printItems(
  io: Io,
  items: AsyncIterable<unknown> | Iterable<unknown>,
): Promise<void> {
  let text = "[";
  let separator = "";
  for await (const item of items) {
    text += separator + toJson(item);
    separator = ",";
    if (text.length < CHUNK) continue;
    await io.stdout(text);
    text = "";
  }
  await io.stdout(`${text}]\n`);
}
