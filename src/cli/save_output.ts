/** Files that commands write for the user. */
import { parentDirectory } from "../base/directory.ts";
import { StorageError } from "../base/errors.ts";
import { fsError } from "../base/fs_error.ts";
import { UsageError } from "./command.ts";

/** Checks the destination before any work is done. */
export async function requirePlace(path: string, force: boolean): Promise<void> {
  const action = `write ${JSON.stringify(path)}`;
  const there = await Deno.lstat(path).catch(() => undefined);
  if (there?.isDirectory) throw new StorageError(action, "it is a directory; name a file in it");
  if (there && !force) throw exists(path);
  if (!there) await parentDirectory(path, action);
}

async function requireFree(path: string): Promise<void> {
  const there = await Deno.lstat(path).then(() => true, () => false);
  if (there) throw exists(path);
}

function exists(path: string): UsageError {
  return new UsageError(`${JSON.stringify(path)} exists; pass --force to replace it`);
}

/** Saves a stream as a file atomically. */
export async function saveOutput(
  stream: ReadableStream<Uint8Array>,
  path: string,
  force: boolean,
): Promise<void> {
  const part = `${path}.${crypto.randomUUID()}.part`;
  try {
    await write(stream, part);
    if (force) await Deno.rename(part, path);
    else await enter(part, path);
  } catch (error) {
    await Deno.remove(part).catch(() => {});
    if (error instanceof Deno.errors.AlreadyExists) throw exists(path);
    throw fsError(error, `write ${JSON.stringify(path)}`);
  }
}

async function write(stream: ReadableStream<Uint8Array>, path: string): Promise<void> {
  let file: Deno.FsFile;
  try {
    file = await Deno.open(path, { createNew: true, write: true });
  } catch (error) {
    await stream.cancel(error);
    throw error;
  }
  try {
    for await (const chunk of stream) {
      for (let at = 0; at < chunk.length;) at += await file.write(chunk.subarray(at));
    }
    await file.syncData();
  } finally {
    file.close();
  }
}

/** Renames a file without replacing an existing one: a link fails if the name is taken. */
async function enter(part: string, path: string): Promise<void> {
  try {
    await Deno.link(part, path);
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) throw error;
    // The file system may not support links.
    await requireFree(path);
    return await Deno.rename(part, path);
  }
  await Deno.remove(part);
}
