/** Pseudo-terminals, created by the system's program `script`. */
import { UsageError } from "../command.ts";

/** Returns the command that runs a program on a pseudo-terminal, which merges both outputs. */
export function onTerminal(argv: readonly string[]): string[] {
  switch (Deno.build.os) {
    case "linux":
    case "android":
      return ["script", "-q", "-e", "-f", "-c", `exec ${argv.map(quoted).join(" ")}`, "/dev/null"];
    case "windows":
      throw new UsageError("--pty is not supported on Windows");
    default:
      return ["script", "-q", "/dev/null", ...argv];
  }
}

/** Quotes a word for every POSIX shell. */
export function quoted(word: string): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word;
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
