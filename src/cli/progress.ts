/** Progress bars for long operations on a terminal. */
import type { Progress } from "../bytes/byte_store.ts";
import { formatBytes, printable } from "../text/format.ts";
import type { Io } from "./io.ts";

/** Time before a bar appears, in milliseconds; shorter operations need none. */
const PATIENCE = 300;

/** The part of the library's bar in use. Its own types would add Node's globals to all code. */
interface Bar {
  start(total: number, value: number, payload: Record<string, string>): void;
  update(value: number, payload: Record<string, string>): void;
  stop(): void;
}

/**
 * Runs `work` with a progress bar on standard error, if that is a terminal. Amounts are bytes
 * unless `format` says otherwise.
 */
export async function withProgress<T>(
  io: Io,
  label: string,
  work: (onProgress: (progress: Progress) => void) => Promise<T>,
  format: (amount: number) => string = formatBytes,
): Promise<T> {
  if (!io.terminal) return await work(() => {});
  // Loaded on demand: most calls have no progress bar.
  const SingleBar = await loadBar();
  const started = performance.now();
  // A file name may contain anything and be of any length.
  const name = printable(label).slice(0, 40);
  let bar: Bar | undefined;
  try {
    return await work(({ bytes, total = 0 }) => {
      const seconds = (performance.now() - started) / 1000;
      if (seconds * 1000 < PATIENCE || total === 0) return;
      const payload = { label: name, done: format(bytes), rate: format(bytes / seconds) };
      if (bar) return bar.update(bytes, payload);
      bar = new SingleBar({
        format: `{label} {bar} {percentage}%  {done} of ${format(total)}  {rate}/s  ` +
          "{eta_formatted} left",
        barsize: 24,
        barCompleteChar: "█",
        barIncompleteChar: "░",
        hideCursor: true,
        clearOnComplete: true,
      });
      bar.start(total, bytes, payload);
    });
  } finally {
    bar?.stop();
  }
}

async function loadBar(): Promise<new (options: Record<string, unknown>) => Bar> {
  const { default: library } = await import("npm:cli-progress@~3.12.0");
  return library.SingleBar;
}

/** Clears the line of a progress bar, to print a message there; the bar is redrawn below. */
export async function clearLine(io: Io): Promise<void> {
  if (io.terminal) await io.stderr("\r\x1b[K");
}
