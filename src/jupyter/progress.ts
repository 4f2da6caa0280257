/** Progress display in notebooks: one line, updated in place. */
import type { Progress } from "../bytes/byte_store.ts";
import { formatBytes } from "../text/format.ts";
import { Html, markup } from "./html.ts";

/** Minimum time between two updates, in milliseconds. */
const PAUSE = 250;

/** The part of `Deno.jupyter` in use. It exists only in the kernel, and its types are unstable. */
interface Jupyter {
  broadcast(type: string, content: Record<string, unknown>): Promise<void>;
}

/**
 * Callback that displays the progress of one operation. Created by {@linkcode notebookProgress}.
 */
export interface NotebookProgress {
  /** Displays the progress. */
  (progress: Progress): void;
  /**
   * Marks the operation as complete if its total was unknown. Calling it is optional.
   *
   * @returns A promise that resolves once the last update has been sent.
   */
  done(): Promise<void>;
}

/**
 * Creates an `onProgress` callback that displays progress in a notebook: one line, updated at most
 * four times a second. Outside the Deno Jupyter kernel it does nothing.
 *
 * @param label Name of the operation.
 * @returns A callback for one operation.
 *
 * @example Show the progress of a verification
 * ```ts
 * import { notebookProgress, openStore } from "@chachaml/store";
 *
 * await using store = await openStore({ inMemory: true });
 * await store.verify({ onProgress: notebookProgress("verify") }).summary();
 * ```
 */
export function notebookProgress(label: string): NotebookProgress {
  const jupyter = findJupyter();
  if (!jupyter) return Object.assign(() => {}, { done: () => Promise.resolve() });
  const line = new Line(jupyter, label);
  return Object.assign((progress: Progress) => line.update(progress), { done: () => line.done() });
}

/** One line of output. */
class Line {
  readonly #jupyter: Jupyter;
  readonly #label: string;
  readonly #id = `chachaml-${crypto.randomUUID()}`;
  readonly #started = Date.now();
  #sent = Promise.resolve();
  #shown = 0;
  #last: Progress = { bytes: 0, total: undefined };
  #begun = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(jupyter: Jupyter, label: string) {
    this.#jupyter = jupyter;
    this.#label = label;
  }

  update(progress: Progress): void {
    this.#last = progress;
    const left = this.#shown + PAUSE - Date.now();
    if (left <= 0 || isComplete(progress)) this.#show();
    // Ensures that the last update of a burst is shown.
    else this.#timer ??= setTimeout(() => this.#show(), left);
  }

  async done(): Promise<void> {
    if (this.#begun && !isComplete(this.#last)) {
      this.#last = { bytes: this.#last.bytes, total: this.#last.bytes };
      this.#show();
    }
    await this.#sent;
  }

  #show(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#shown = Date.now();
    const type = this.#begun ? "update_display_data" : "display_data";
    this.#begun = true;
    const content = {
      data: draw(this.#label, this.#last, (Date.now() - this.#started) / 1000),
      metadata: {},
      transient: { display_id: this.#id },
    };
    // Updates are sent in order. A failure to send must not fail the operation.
    this.#sent = this.#sent.then(() => this.#jupyter.broadcast(type, content)).catch(() => {});
  }
}

function isComplete({ bytes, total }: Progress): boolean {
  return total !== undefined && bytes >= total;
}

/** Returns the line as plain text and HTML. */
function draw(label: string, progress: Progress, seconds: number): Record<string, string> {
  const { bytes, total } = progress;
  const complete = isComplete(progress);
  const share = !total ? 0 : Math.min(1, bytes / total);
  const rate = seconds > 0.05 ? `, ${formatBytes(bytes / seconds)}/s` : "";
  const details = complete
    ? `${formatBytes(bytes)} done in ${seconds.toFixed(1)} s`
    : `${formatBytes(bytes)}${total === undefined ? "" : ` of ${formatBytes(total)}`}${rate}`;
  const width = (complete ? 100 : share * 100).toFixed(1);
  const bar = total === undefined ? undefined : new Html(
    `<span style="display:inline-block;width:160px;height:8px;border-radius:4px;` +
      `background:rgba(128,128,128,.25)"><span style="display:block;width:${width}%;height:8px;` +
      `border-radius:4px;background:#3b8fd4"></span></span>`,
  );
  return {
    "text/plain": `${label}: ${details}`,
    "text/html": markup`<div style="font-size:13px">${label} ${bar} ${details}</div>`.source,
  };
}

/** Outside the kernel, reading `Deno.jupyter` throws. */
function findJupyter(): Jupyter | undefined {
  try {
    return (Deno as unknown as { jupyter?: Jupyter }).jupyter;
  } catch {
    return undefined;
  }
}
