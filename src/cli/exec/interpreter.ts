/** Detection of a program's interpreter and its version, to repeat a run with the same one. */
import { basename } from "@std/path";

/** Timeout for the interpreter to report its version, in milliseconds. */
const PATIENCE = 2000;

/** Interpreters by name, and arguments that print their version. */
const INTERPRETERS: readonly [name: RegExp, args: readonly string[]][] = [
  [/^(python|pypy)[\d.]*$/, ["--version"]],
  [/^(node|deno|bun|ruby|perl|php|julia|Rscript|R|lua|pwsh)$/, ["--version"]],
  [/^java$/, ["-version"]],
];

/** An interpreter. */
export interface Interpreter {
  /** Name, e.g. `python3`. */
  readonly name: string;
  /** Path. */
  readonly path: string;
  /** Reported version, e.g. `Python 3.12.1`. */
  readonly version: string;
}

/**
 * Returns the interpreter that runs a program: the program itself, or the one its first line names.
 */
export async function findInterpreter(path: string): Promise<Interpreter | undefined> {
  try {
    const interpreter = argsOf(path) ? path : await shebangOf(path);
    const args = interpreter === undefined ? undefined : argsOf(interpreter);
    if (interpreter === undefined || !args) return undefined;
    const { stdout, stderr } = await new Deno.Command(interpreter, {
      args: [...args],
      stdin: "null",
      signal: AbortSignal.timeout(PATIENCE),
    }).output();
    const decoder = new TextDecoder();
    const said = decoder.decode(stdout) || decoder.decode(stderr);
    const version = said.split("\n", 1)[0]!.trim().slice(0, 200);
    if (version === "") return undefined;
    return { name: basename(interpreter), path: interpreter, version };
  } catch {
    return undefined; // Best effort: the program runs without it.
  }
}

function argsOf(path: string): readonly string[] | undefined {
  const name = basename(path).replace(/\.exe$/i, "");
  return INTERPRETERS.find(([pattern]) => pattern.test(name))?.[1];
}

/** Returns the interpreter that the first line of a script names. */
async function shebangOf(path: string): Promise<string | undefined> {
  using file = await Deno.open(path);
  const start = new Uint8Array(256);
  const count = await file.read(start) ?? 0;
  const line = new TextDecoder().decode(start.subarray(0, count)).split("\n", 1)[0]!;
  const [program, ...args] = /^#!\s*(.*)$/.exec(line)?.[1]?.trim().split(/\s+/) ?? [];
  if (program === undefined) return undefined;
  return basename(program) === "env" ? args.find((arg) => !arg.startsWith("-")) : program;
}
