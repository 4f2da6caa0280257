/** How far long work has come, as a bar on a terminal. */
import type { Progress } from "../bytes/byte_store.ts";
import { formatBytes, printable } from "../text/format.ts";
import type { Io } from "./io.ts";

/** Milliseconds that work may take without a bar: one that flashes by tells nothing. */
const PATIENCE = 300;

/** What is used of the library's bar. Its own types would bring those of Node along, for all code. */
interface Bar {
  start(total: number, value: number, payload: Record<string, string>): void;
  update(value: number, payload: Record<string, string>): void;
  stop(): void;
}

/** Does work with a bar on standard error, if that is a terminal; it counts bytes, or something else. */
export async function withProgress<T>(
  io: Io,
  label: string,
  work: (onProgress: (progress: Progress) => void) => Promise<T>,
  format: (amount: number) => string = formatBytes,
): Promise<T> {
  if (!io.terminal) return await work(() => {});
  // Loaded only here: most calls have no use for it.
  const SingleBar = await loadBar();
  const started = performance.now();
  // A file's name can be anything, and of any length.
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

/** Takes the bar off its line, which it will be drawn on again, so that a word can be said there. */
export async function clearLine(io: Io): Promise<void> {
  if (io.terminal) await io.stderr("\r\x1b[K");
}
