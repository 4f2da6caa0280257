/** Search for programs, as a shell does it, before anything is recorded. */
import { join } from "@std/path";
import type { Io } from "../io.ts";

/** A program cannot be run. Exit codes are those of shells. */
export class ProgramError extends Error {
  override readonly name = "ProgramError";
  /** 127 if the program was not found, 126 if it cannot be executed. */
  readonly exitCode: 126 | 127;

  /** Creates the error. */
  constructor(program: string, exitCode: 126 | 127, state: string, options?: ErrorOptions) {
    super(`Cannot run ${JSON.stringify(program)}: ${state}`, options);
    this.exitCode = exitCode;
  }
}

/**
 * Returns the path of a program.
 *
 * @throws {ProgramError} If it does not exist or may not be executed.
 */
export async function findProgram(name: string, io: Io): Promise<string> {
  // Windows adds extensions and has no executable mode.
  if (Deno.build.os === "windows") return name;
  if (name === "") throw new ProgramError(name, 127, "its name is empty");
  const paths = name.includes("/")
    ? [name]
    : (io.env("PATH") ?? Deno.env.get("PATH") ?? "/usr/bin:/bin").split(":").map((directory) =>
      join(directory || ".", name)
    );
  let refusal: ProgramError | undefined;
  for (const path of paths) {
    const info = await Deno.stat(path).catch(() => undefined);
    if (!info) continue;
    if (info.isFile && ((info.mode ?? 0) & 0o111) !== 0) return path;
    refusal ??= new ProgramError(
      name,
      126,
      info.isDirectory
        ? "it is a directory"
        : `${JSON.stringify(path)} is not executable; make it so (chmod +x)`,
    );
  }
  throw refusal ?? new ProgramError(
    name,
    127,
    name.includes("/")
      ? "there is no such file"
      : "there is no such program in PATH; give its path, or install it",
  );
}

/** Converts an error of starting a program to the terms of a shell. */
export function startError(name: string, error: unknown): ProgramError {
  const { message } = error as Error;
  if (error instanceof Deno.errors.NotFound) {
    return new ProgramError(
      name,
      127,
      "it, or the interpreter that its first line names, is not there",
      { cause: error },
    );
  }
  const state = /exec format error/i.test(message)
    ? 'it is not a program; a script needs a first line such as "#!/bin/sh"'
    : error instanceof Deno.errors.PermissionDenied
    ? "permission was denied; check its mode, and that of its directory"
    : message;
  return new ProgramError(name, 126, state, { cause: error });
}
