/** Verifies a store: every artifact, the metadata, and what lies beside the artifacts. */
import type { StoreContext } from "../context/compose.ts";
import { DISPLAY, displayable, type MediaBundle, renderer } from "../display/displayable.ts";
import { ArtifactCheck } from "./artifact_check.ts";
import { checkMetadata } from "./check_metadata.ts";
import { countOf, type Finding } from "./findings.ts";
import { findStrays } from "./find_strays.ts";
import { assertVerifyOptions, type VerifyOptions } from "./verify_options.ts";
import type { VerifyPosition } from "./verify_position.ts";

/** Findings that a notebook or a console may show. */
const SHOWN = 1000;

/** Result of a verification. */
export interface VerifySummary {
  /** Artifacts checked. */
  readonly artifacts: number;
  /** Their bytes. */
  readonly bytes: number;
  /** How many of them were hashed. */
  readonly hashed: number;
  /** Findings of damage: of artifacts, the database, model versions. */
  readonly damaged: number;
  /** Files without a record, staged bytes without a writer, and what may hide some. */
  readonly leftovers: number;
  /** Findings of what the store has never put into its directory. */
  readonly foreign: number;
}

/**
 * A verification under way: findings come as they are made. Iterate over it, ask for its summary, or
 * both; it is done once.
 */
export class Verification implements AsyncIterable<Finding> {
  readonly #check: ArtifactCheck;
  readonly #findings: AsyncGenerator<Finding>;
  readonly #counts = { damaged: 0, leftovers: 0, foreign: 0 };
  /** The first findings, for {@linkcode DISPLAY}. */
  readonly #made: Finding[] = [];

  /** @ignore Made by {@linkcode Store.verify}. */
  constructor(context: StoreContext, options: VerifyOptions = {}) {
    this.#check = new ArtifactCheck(context, options);
    this.#findings = this.#count(this.#run(context, options));
  }

  /** How far it has come: every artifact up to this one is checked. `undefined` before the first. */
  get position(): VerifyPosition | undefined {
    return this.#check.position;
  }

  /** Gives the findings, each as soon as it is made. */
  [Symbol.asyncIterator](): AsyncIterator<Finding> {
    return this.#findings;
  }

  /**
   * Continues to the end.
   *
   * @returns The counts.
   */
  async summary(): Promise<VerifySummary> {
    for await (const _ of this.#findings) { /* counted on the way */ }
    return displayable(this.#soFar(), "verified");
  }

  /** The counts so far, for a console. */
  [Symbol.for("Deno.customInspect")](
    inspect: typeof Deno.inspect,
    options: Deno.InspectOptions,
  ): string {
    return `Verification ${inspect({ ...this.#soFar(), findings: this.#made }, options)}`;
  }

  /** Continues to the end, and shows the result in a notebook. */
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
    // A damaged index hides records, so that they would not even be missed.
    if (runId === undefined) yield* checkMetadata(context.metadata, quick);
    yield* this.#check.run();
    if (runId === undefined) yield* findStrays(context, signal);
  }
}
