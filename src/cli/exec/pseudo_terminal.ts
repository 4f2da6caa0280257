/** A program on a pseudo-terminal, by way of the program `script` of the system. */
import { UsageError } from "../command.ts";

/** The call that runs a program on a pseudo-terminal; both of its outputs come as one. */
export function onTerminal(argv: readonly string[]): string[] {
  switch (Deno.build.os) {
    case "linux":
    case "android":
      return ["script", "-q", "-e", "-f", "-c", `exec ${argv.map(quoted).join(" ")}`, "/dev/null"];
    case "windows":
      throw new UsageError("--pty is not to be had on Windows");
    default:
      return ["script", "-q", "/dev/null", ...argv];
  }
}

/** A word as every POSIX shell reads it. */
export function quoted(word: string): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word;
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
