/** Pagers: programs such as `less` that show output page by page. */

/** A running pager. */
export interface Pager {
  /**
   * Writes to the pager.
   *
   * @throws {Deno.errors.BrokenPipe} If the user has quit it.
   */
  readonly write: (data: Uint8Array) => Promise<void>;
  /** Whether the user quit before the end, which is not an error. */
  readonly left: () => boolean;
  /** Waits until the user quits. */
  readonly close: () => Promise<void>;
}

/** Prints directly what fits on the screen, keeps colors, and leaves the output on the screen. */
const DEFAULT_PAGER = "less -FRX";

/**
 * Starts the pager named by `CHACHAML_PAGER` or `PAGER`, by default `less`.
 *
 * @param env Reads environment variables.
 * @returns `undefined` if there is none, it is disabled, or it may not be started.
 */
export function startPager(env: (name: string) => string | undefined): Pager | undefined {
  const own = env("CHACHAML_PAGER");
  const named = own ?? env("PAGER");
  if (named === undefined && Deno.build.os === "windows") return undefined;
  const [program, ...args] = (named ?? DEFAULT_PAGER).trim().split(/\s+/);
  if (!program || program === "cat") return undefined;
  // On such a terminal `less` complains, and waits for a key.
  const isDumb = Deno.build.os !== "windows" && (env("TERM") ?? "dumb") === "dumb";
  if (own === undefined && isDumb) return undefined;
  const { state } = Deno.permissions.querySync({ name: "run", command: program });
  if (state !== "granted") return undefined;
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command(program, {
      args,
      stdin: "piped",
      // The output is UTF-8, whatever the locale says; `less` shows bytes otherwise.
      env: { LESSCHARSET: env("LESSCHARSET") ?? "utf-8" },
    }).spawn();
  } catch {
    return undefined; // Best effort: print without a pager.
  }
  // Ctrl-C belongs to the pager while it runs.
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
        throw new Deno.errors.BrokenPipe("the pager was closed", { cause: error });
      }
    },
    close: async () => {
      await writer.close().catch(() => {}); // It may have exited already.
      await child.status;
      Deno.removeSignalListener("SIGINT", ignore);
    },
  };
}
