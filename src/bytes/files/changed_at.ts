/**
 * Returns the time at which a file was created or last changed. A file is written before it is
 * linked to its name, which only its ctime shows. A time in the future, from a wrong clock or a
 * copy, is ignored: the file then counts as old.
 */
export function changedAt({ mtime, ctime }: Deno.FileInfo, now = Date.now()): Date {
  const times = [mtime, ctime].map((time) => time?.getTime() ?? 0).filter((time) => time <= now);
  return new Date(Math.max(0, ...times));
}
