/** Verification of a store: artifacts, metadata, and files beside the artifacts. */
import type { StoreContext } from "../context/compose.ts";
import { DISPLAY, displayable, type MediaBundle, renderer } from "../display/displayable.ts";
import { ArtifactCheck } from "./artifact_check.ts";
import { RemoteCheck } from "./remote_check.ts";
import { checkMetadata } from "./check_metadata.ts";
import { countOf, type Finding } from "./findings.ts";
import { findStrays } from "./find_strays.ts";
import { noteVerification } from "./note_verification.ts";
import { assertVerifyOptions, type VerifyOptions } from "./verify_options.ts";
import type { VerifyPosition } from "./verify_position.ts";

/** Maximum number of findings kept for display. */
const SHOWN = 1000;

/** Result of a verification. */
export interface VerifySummary {
  /** Number of artifacts checked. */
  readonly artifacts: number;
  /** Total size of the checked artifacts, in bytes. */
  readonly bytes: number;
  /** Number of artifacts hashed. */
  readonly hashed: number;
  /** Number of findings of damage: artifacts, database, model versions. */
  readonly damaged: number;
  /**
   * Number of leftovers: files without a record, abandoned staged files, and unreadable directories
   * that may hold some.
   */
  readonly leftovers: number;
  /** Number of findings of files of other origin. */
  readonly foreign: number;
}

/**
 * A verification in progress. Iterate over it for the findings, call {@linkcode summary} for the
 * counts, or do both; it runs once. Returned by {@linkcode Store.verify}.
 *
 * Requires `--allow-read` for the artifact directory.
 */
export class Verification implements AsyncIterable<Finding> {
  readonly #check: ArtifactCheck | RemoteCheck;
  readonly #findings: AsyncGenerator<Finding>;
  readonly #counts = { damaged: 0, leftovers: 0, foreign: 0 };
  /** The first findings, for {@linkcode DISPLAY}. */
  readonly #made: Finding[] = [];

  /** @ignore Created by {@linkcode Store.verify}. */
  constructor(context: StoreContext, options: VerifyOptions = {}) {
    const { remote } = context;
    this.#check = remote ? new RemoteCheck(remote, options) : new ArtifactCheck(context, options);
    this.#findings = this.#count(remote ? this.#check.run() : this.#run(context, options));
  }

  /** Last artifact up to which all are checked; `undefined` at the start. */
  get position(): VerifyPosition | undefined {
    return this.#check.position;
  }

  /**
   * Yields the findings as they are made.
   *
   * @returns An iterator over the findings.
   */
  [Symbol.asyncIterator](): AsyncIterator<Finding> {
    return this.#findings;
  }

  /**
   * Runs the verification to its end.
   *
   * @returns The counts.
   * @throws {RunNotFoundError} If the run to verify does not exist.
   * @throws {StoreClosedError} If the store is closed meanwhile.
   */
  async summary(): Promise<VerifySummary> {
    for await (const _ of this.#findings) { /* counted on the way */ }
    return displayable(this.#soFar(), "verified");
  }

  /**
   * Returns the counts so far, for consoles.
   *
   * @param inspect Inspects nested values.
   * @param options Options for `inspect`.
   * @returns Text for a console.
   */
  [Symbol.for("Deno.customInspect")](
    inspect: typeof Deno.inspect,
    options: Deno.InspectOptions,
  ): string {
    return `Verification ${inspect({ ...this.#soFar(), findings: this.#made }, options)}`;
  }

  /**
   * Runs the verification to its end and returns its result, for notebooks.
   *
   * @returns Formats by MIME type.
   */
  async [DISPLAY](): Promise<MediaBundle> {
    const [summary, { show }] = [await this.summary(), await renderer()];
    return await show("verification", { summary, findings: this.#made });
  }

  #soFar(): VerifySummary {
    const { artifacts, bytes, hashed } = this.#check;
    return { artifacts, bytes, hashed, ...this.#counts };
  }

  async *#count(findings: AsyncIterable<Finding>): AsyncGenerator<Finding> {
    for await (const finding of findings) {
      this.#counts[countOf(finding)]++;
      if (this.#made.length < SHOWN) this.#made.push(finding);
      yield finding;
    }
  }

  async *#run(context: StoreContext, options: VerifyOptions): AsyncGenerator<Finding> {
    const { runId, quick = false, signal } = options;
    signal?.throwIfAborted();
    assertVerifyOptions(options);
    // Metadata first: a damaged index hides records, so they would not be reported as missing.
    if (runId === undefined) yield* checkMetadata(context.metadata, quick);
    yield* this.#check.run();
    if (runId !== undefined) return;
    yield* findStrays(context, signal);
    const { sample = 1 } = options;
    if (quick || sample < 1 || context.readOnly) return;
    await noteVerification(context, this.#soFar());
  }
}
