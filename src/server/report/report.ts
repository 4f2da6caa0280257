import { assertCount, assertIds, assertKnownOptions } from "../../base/assert.ts";
import { InvalidOptionError } from "../../base/errors.ts";
import type { Store } from "../../store/store.ts";
import { type Inclusion, planFiles } from "./plan_files.ts";
import { type ReportLimits, reportParts } from "./report_parts.ts";

/** Options for {@linkcode createReport}. */
export interface ReportOptions {
  /**
   * Largest size of a file that is included, in bytes. Larger files are listed with their hashes.
   *
   * @default {1_000_000}
   */
  readonly maxFile?: number;
  /**
   * Largest size of all included files together, in bytes. Pictures are included first.
   *
   * @default {20_000_000}
   */
  readonly maxTotal?: number;
  /**
   * Largest number of points of a curve. Longer curves are thinned, which the report says.
   *
   * @default {1_000}
   */
  readonly points?: number;
  /** Stops writing the report. */
  readonly signal?: AbortSignal;
}

/** Maximum number of runs, as in a comparison of the page. */
const MOST_RUNS = 200;

const OPTIONS = ["maxFile", "maxTotal", "points", "signal"];

/**
 * Writes a report of runs as one HTML file, for mail and archives: the views of the web page with
 * their data. It opens without a server and requests nothing from any. Requires read access to the
 * store.
 *
 * @param store The open store.
 * @param runIds Ids of the runs, at most 200.
 * @param options Limits of what is included.
 * @returns The bytes of the file.
 * @throws {InvalidOptionError} If an option is invalid, or there are no runs or too many.
 * @throws {RunNotFoundError} If a run does not exist; the stream reports it.
 *
 * @example Save a report
 * ```ts
 * import { openStore } from "@chachaml/store";
 * import { createReport } from "@chachaml/store/server";
 * import assert from "node:assert/strict";
 *
 * await using store = await openStore({ inMemory: true });
 * const run = await store.startRun({ name: "first" });
 * run.log({ loss: 0.5 });
 * await run.end();
 * const report = createReport(store, [run.id]);
 * // await Deno.writeFile("report.html", report);
 * assert.match(await new Response(report).text(), /^<!doctype html>/);
 * ```
 */
export function createReport(
  store: Store,
  runIds: readonly string[],
  options: ReportOptions = {},
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const action = "write a report";
  assertIds(action, runIds);
  assertKnownOptions(action, options, OPTIONS);
  const { maxFile = 1_000_000, maxTotal = 20_000_000, points = 1_000, signal } = options;
  assertCount(action, "maxFile", maxFile);
  assertCount(action, "maxTotal", maxTotal);
  if (!Number.isSafeInteger(points) || points < 3) {
    throw new InvalidOptionError(`Cannot ${action}: points must be 3 or more, not ${points}`);
  }
  const ids = [...new Set(runIds)];
  if (ids.length === 0 || ids.length > MOST_RUNS) {
    throw new InvalidOptionError(
      `Cannot ${action}: it takes 1 to ${MOST_RUNS} runs, not ${ids.length}`,
    );
  }
  signal?.throwIfAborted();
  const limits: ReportLimits = { maxFile, maxTotal, points };
  return ReadableStream.from(write(store, ids, limits, signal))
    .pipeThrough(new TextEncoderStream()) as ReadableStream<Uint8Array<ArrayBuffer>>;
}

async function* write(
  store: Store,
  ids: readonly string[],
  limits: ReportLimits,
  signal: AbortSignal | undefined,
): AsyncGenerator<string> {
  const included: Inclusion = await planFiles(store, ids, limits);
  for await (const part of reportParts(store, ids, limits, included)) {
    signal?.throwIfAborted();
    yield part;
  }
}
