/** A program that shows long output a page at a time, such as `less`. */

/** What a pager is written to. */
export interface Pager {
  /**
   * Writes to it.
   *
   * @throws {Deno.errors.BrokenPipe} If the reader has left it.
   */
  readonly write: (data: Uint8Array) => Promise<void>;
  /** Whether the reader left before the end: that is no failure. */
  readonly left: () => boolean;
  /** Waits until the reader has left it. */
  readonly close: () => Promise<void>;
}

/** Output that fits the screen is printed, colors are kept, and stays on the screen afterwards. */
const USUAL = "less -FRX";

/**
 * Starts the pager that the environment names (`CHACHAML_PAGER`, else `PAGER`), else `less`.
 *
 * @param env The environment.
 * @returns `undefined` where there is none, it is not wanted, or may not be started.
 */
export function startPager(env: (name: string) => string | undefined): Pager | undefined {
  const named = env("CHACHAML_PAGER") ?? env("PAGER");
  if (named === undefined && Deno.build.os === "windows") return undefined;
  const [program, ...args] = (named ?? USUAL).trim().split(/\s+/);
  if (!program || program === "cat") return undefined;
  const { state } = Deno.permissions.querySync({ name: "run", command: program });
  if (state !== "granted") return undefined;
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command(program, { args, stdin: "piped" }).spawn();
  } catch {
    return undefined; // There is none; the output itself is what matters.
  }
  // Ctrl-C is the pager's while it runs.
  const ignore = () => {};
  Deno.addSignalListener("SIGINT", ignore);
  const writer = child.stdin.getWriter();
  let left = false;
  return {
    left: () => left,
    write: async (data) => {
      try {
        await writer.write(data);
      } catch (error) {
        left = true;
        throw new Deno.errors.BrokenPipe("the pager has been left", { cause: error });
      }
    },
    close: async () => {
      await writer.close().catch(() => {}); // It may be gone already.
      await child.status;
      Deno.removeSignalListener("SIGINT", ignore);
    },
  };
}
