import type { Access } from "../base/access.ts";
import { asDisplayable } from "../display/displayable.ts";
import type { Experiment } from "../metadata/dataset.ts";
import type { MetadataStore } from "../metadata/metadata_store.ts";

/** Description of an experiment. Omitted members keep their value; `null` removes it. */
export interface ExperimentDescription {
  /** Purpose of the experiment. */
  readonly description?: string | null;
  /** Person or team responsible for it. */
  readonly owner?: string | null;
}

/**
 * Experiments of a store, i.e. groups of runs. Available as {@linkcode Store.experiments}.
 *
 * Methods need only the permissions of {@linkcode openStore}. Every method throws {@linkcode
 * StoreClosedError} once the store is closed.
 */
export class Experiments {
  readonly #access: Access<{ readonly metadata: Pick<MetadataStore, "runs"> }>;

  /** @ignore Created by the store. */
  constructor(access: Access<{ readonly metadata: Pick<MetadataStore, "runs"> }>) {
    this.#access = access;
  }

  /**
   * Lists the experiments that have runs or a description.
   *
   * @returns The experiments, sorted by name.
   */
  list(): Promise<Experiment[]> {
    return this.#access.use(({ metadata }) => metadata.runs.experiments()).then(
      asDisplayable("experiments"),
    );
  }

  /**
   * Sets the description or owner of an experiment.
   *
   * @param name Name of the experiment.
   * @param about Members to set.
   * @returns A promise that resolves once they are stored.
   * @throws {InvalidOptionError} If a member has a wrong type.
   * @throws {InvalidNameError} If the name has a bidirectional control.
   * @throws {ReadOnlyError} If the store is read-only.
   */
  describe(name: string, about: ExperimentDescription): Promise<void> {
    return this.#access.write(({ metadata }) => metadata.runs.describeExperiment(name, about));
  }
}
