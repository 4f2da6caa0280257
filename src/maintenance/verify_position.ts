/** How far a verification has come. */

/** The artifact up to which every one is checked, in order of run and name. */
export interface VerifyPosition {
  /** Its run. */
  readonly runId: string;
  /** Its name. */
  readonly name: string;
}

/** Follows checks that begin in order and end in any. */
export class Positions {
  readonly #begun: { position: VerifyPosition; ended: boolean }[] = [];
  #reached: VerifyPosition | undefined;

  /** Starts behind a position that was reached before. */
  constructor(reached: VerifyPosition | undefined) {
    this.#reached = reached;
  }

  /** The last position before which, and at which, every check has ended. */
  get reached(): VerifyPosition | undefined {
    return this.#reached;
  }

  /** Notes the beginning of a check; call `end` at its end. */
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
