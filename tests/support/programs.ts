/** Programs that a test needs and a machine may lack. */

/** What a program prints of its version, by `--version` if nothing else is said; `undefined` where there is no such program, or it fails. */
export async function versionOf(
  program: string,
  how: string = "--version",
): Promise<string | undefined> {
  try {
    const command = new Deno.Command(program, {
      args: [how],
      stdin: "null",
      stderr: "null",
    });
    const { success, stdout } = await command.output();
    return success ? new TextDecoder().decode(stdout) : undefined;
  } catch {
    return undefined; // Not only a rejection: a program that is missing may throw at once.
  }
}

/** The first of some programs that a shell does not find; `undefined` if it finds them all. */
export async function firstMissing(...programs: readonly string[]): Promise<string | undefined> {
  for (const program of programs) {
    const args = ["-c", `command -v ${program}`];
    const { success } = await new Deno.Command("sh", { args, stdout: "null" }).output();
    if (!success) return program;
  }
  return undefined;
}
