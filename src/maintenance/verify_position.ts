/** Position of a verification. */

/** Last artifact up to which all are checked, in the order of run id and name. */
export interface VerifyPosition {
  /** Id of its run. */
  readonly runId: string;
  /** Name of the artifact. */
  readonly name: string;
}

/** Tracks checks that start in order and end in any order. */
export class Positions {
  readonly #begun: { position: VerifyPosition; ended: boolean }[] = [];
  #reached: VerifyPosition | undefined;

  /** Starts after a position reached earlier. */
  constructor(reached: VerifyPosition | undefined) {
    this.#reached = reached;
  }

  /** Last position up to which all checks have ended. */
  get reached(): VerifyPosition | undefined {
    return this.#reached;
  }

  /** Registers the start of a check; call `end` when it is done. */
  begin({ runId, name }: VerifyPosition): { end(): void } {
    const check = { position: { runId, name }, ended: false };
    this.#begun.push(check);
    return {
      end: () => {
        check.ended = true;
        while (this.#begun[0]?.ended) this.#reached = this.#begun.shift()!.position;
      },
    };
  }
}
