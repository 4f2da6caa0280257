/** Verification that the server of a store does. */
import type { Progress } from "../bytes/byte_store.ts";
import { ServerUnreachableError } from "../base/server_errors.ts";
import type { RemoteCare } from "../remote/remote_care.ts";
import type { Finding } from "./findings.ts";
import { assertVerifyOptions, type VerifyOptions } from "./verify_options.ts";
import type { VerifyPosition } from "./verify_position.ts";

/** A line of a server's verification. */
export interface VerifyReport {
  /** A finding. */
  readonly finding?: Finding | undefined;
  /** Last artifact up to which all are checked. */
  readonly position?: VerifyPosition | undefined;
  /** Bytes checked. */
  readonly progress?: Progress | undefined;
  /** The counts, at the end. */
  readonly counts?: {
    readonly artifacts: number;
    readonly bytes: number;
    readonly hashed: number;
  };
  /** Why it ended before. */
  readonly error?: unknown;
}

/** A check of a whole store, or of a run, on its server. */
export class RemoteCheck {
  /** Number of artifacts checked; known at the end. */
  artifacts = 0;
  /** Total size of the checked artifacts, in bytes; known at the end. */
  bytes = 0;
  /** Number of artifacts hashed; known at the end. */
  hashed = 0;
  /** Last artifact up to which all are checked. */
  position: VerifyPosition | undefined;
  readonly #care: RemoteCare;
  readonly #options: VerifyOptions;

  /** Verifies by calls of `care`. */
  constructor(care: RemoteCare, options: VerifyOptions) {
    this.#care = care;
    this.#options = options;
    this.position = options.after;
  }

  /** Yields the server's findings. */
  async *run(): AsyncGenerator<Finding> {
    assertVerifyOptions(this.#options);
    const { signal, onProgress, ...options } = this.#options;
    signal?.throwIfAborted();
    for await (const each of this.#care.verify(options, signal)) {
      const { finding, position, progress, counts, error } = each as VerifyReport;
      if (error !== undefined) throw error;
      this.position = position;
      if (progress) onProgress?.(progress);
      if (finding) yield finding;
      if (!counts) continue;
      Object.assign(this, counts);
      return;
    }
    const state = "the connection was cut; verify again, after the position reached";
    throw new ServerUnreachableError(this.#care.address, state);
  }
}
