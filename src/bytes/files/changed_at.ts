/**
 * When a file was put where it is, or changed last. It is written before it is linked to its name; the
 * change of its links says so. A time in the future, as of a clock that was set back or a copy that
 * kept it, says nothing: the file is taken for an old one then.
 */
export function changedAt({ mtime, ctime }: Deno.FileInfo, now = Date.now()): Date {
  const times = [mtime, ctime].map((time) => time?.getTime() ?? 0).filter((time) => time <= now);
  return new Date(Math.max(0, ...times));
}
