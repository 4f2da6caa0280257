import type { Access } from "../base/access.ts";
import { shownAs } from "../display/displayable.ts";
import type { Experiment } from "../metadata/dataset.ts";
import type { MetadataStore } from "../metadata/metadata_store.ts";

/** A description of an experiment; what is left out stays, `null` removes it. */
export interface ExperimentDescription {
  /** Its purpose. */
  readonly description?: string | null;
  /** Who is responsible for it. */
  readonly owner?: string | null;
}

/**
 * The experiments of a store: groups of runs. Got by {@linkcode Store.experiments}.
 *
 * Every method throws {@linkcode StoreClosedError} once the store is closed.
 */
export class Experiments {
  readonly #access: Access<{ readonly metadata: Pick<MetadataStore, "runs"> }>;

  /** @ignore Made by the store. */
  constructor(access: Access<{ readonly metadata: Pick<MetadataStore, "runs"> }>) {
    this.#access = access;
  }

  /**
   * Lists the experiments that have runs and those that have been described, by name.
   *
   * @returns The experiments.
   */
  list(): Promise<Experiment[]> {
    return this.#access.use(({ metadata }) => metadata.runs.experiments()).then(
      shownAs("experiments"),
    );
  }

  /**
   * Describes an experiment.
   *
   * @param name The experiment.
   * @param about What to set.
   * @throws {InvalidOptionError} If a member has a wrong type.
   * @throws {ReadOnlyError} If the store is read-only.
   */
  describe(name: string, about: ExperimentDescription): Promise<void> {
    return this.#access.write(({ metadata }) => metadata.runs.describeExperiment(name, about));
  }
}
