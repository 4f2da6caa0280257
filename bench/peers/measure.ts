/** Measurement of commands as whole processes. */

/** Resources used by a command. */
export interface Cost {
  /** Seconds on the clock. */
  readonly wall: number;
  /** Seconds of CPU, of the process and all its children. */
  readonly cpu: number;
}

/** Environment of a command besides the inherited one. */
export type Environment = Readonly<Record<string, string>>;

/**
 * Runs a command of bash and measures it.
 *
 * @throws {Error} If it fails.
 */
export async function measure(script: string, env: Environment, cwd: string): Promise<Cost> {
  // The shell knows the CPU time of its children; Deno does not.
  const timed = `TIMEFORMAT='%R %U %S'; time { ${script}\n} > ${quote(`${cwd}/output`)} 2>&1`;
  const { success, stderr } = await new Deno.Command("bash", {
    args: ["-c", timed],
    env: { ...env },
    cwd,
    stdin: "null",
  }).output();
  const [wall = NaN, user = NaN, system = NaN] = new TextDecoder().decode(stderr).trim()
    .split("\n").at(-1)!.split(" ").map(Number);
  if (success) return { wall, cpu: user + system };
  throw new Error(`${script}\n${await Deno.readTextFile(`${cwd}/output`)}`);
}

/** Quotes a word for the shell. */
export function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/** Returns the middle one of some numbers. */
export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1]!;
}
