/** Params, tags and datasets of runs. */
import type { Access } from "../base/access.ts";
import type { StoreContext } from "../context/compose.ts";
import { asDisplayable } from "../display/displayable.ts";
import type { StorableObject } from "../edn/mod.ts";
import type { TagChanges } from "../metadata/accepted.ts";
import type { Dataset, DatasetOptions } from "../metadata/dataset.ts";
import { requireTagChanges } from "./assert_run.ts";
import { logParams, type LogParamsOptions } from "./log_params.ts";

/**
 * Methods of {@linkcode Runs} for what a run records: params, tags and datasets. They need only
 * the permissions of {@linkcode openStore}.
 */
export abstract class RunRecords {
  readonly #access: Access<StoreContext>;

  /** @ignore Created by the store. */
  constructor(access: Access<StoreContext>) {
    this.#access = access;
  }

  /**
   * Sets params of a run, all or none. Setting a param again to the same value does nothing.
   *
   * @param id Id of the run.
   * @param params Values by name.
   * @param options Whether to correct params that have other values.
   * @returns A promise that resolves once they are stored.
   * @throws {RunNotFoundError} If the run does not exist.
   * @throws {RunStateError} If a param already has another value and `force` is not set.
   * @throws {InvalidOptionError} If a value cannot be stored.
   * @throws {InvalidNameError} If a key has a bidirectional control.
   */
  logParams<T extends object>(
    id: string,
    params: T & StorableObject<T>,
    options: LogParamsOptions = {},
  ): Promise<void> {
    return this.#access.write(({ metadata: { runs } }) => logParams(runs, id, params, options));
  }

  /**
   * Returns the params of a run.
   *
   * @param id Id of the run.
   * @returns Values by name.
   * @throws {RunNotFoundError} If the run does not exist.
   */
  params(id: string): Promise<Record<string, unknown>> {
    return this.#access.use(({ metadata }) => metadata.runs.params(id));
  }

  /**
   * Sets or removes tags of a run. Tags can change at any time.
   *
   * @param id Id of the run.
   * @param tags Text by name; `null` removes a tag.
   * @returns A promise that resolves once they are stored.
   * @throws {RunNotFoundError} If the run does not exist.
   * @throws {InvalidOptionError} If a tag is not text.
   * @throws {InvalidNameError} If a key has a bidirectional control.
   */
  setTags<T extends object>(id: string, tags: T & TagChanges<T>): Promise<void> {
    return this.#access.write(async ({ metadata: { runs } }) => {
      await runs.setTags(id, requireTagChanges(tags));
    });
  }

  /**
   * Sets the note of a run: its tag `note`.
   *
   * @param id Id of the run.
   * @param note Note in Markdown.
   * @returns A promise that resolves once it is stored.
   * @throws {RunNotFoundError} If the run does not exist.
   */
  setNote(id: string, note: string): Promise<void> {
    return this.setTags(id, { note });
  }

  /**
   * Records a dataset that a run uses: its origin, size and hash. To keep its bytes, store them as
   * an artifact.
   *
   * @param id Id of the run.
   * @param dataset Description of the dataset.
   * @returns The recorded dataset.
   * @throws {RunNotFoundError} If the run does not exist.
   * @throws {InvalidOptionError} If a member has a wrong type.
   */
  logDataset(id: string, dataset: DatasetOptions): Promise<Dataset> {
    return this.#access.write(({ metadata }) => metadata.runs.logDataset(id, dataset));
  }

  /**
   * Returns the datasets of a run.
   *
   * @param id Id of the run.
   * @returns The datasets, in the order they were recorded.
   * @throws {RunNotFoundError} If the run does not exist.
   */
  datasets(id: string): Promise<Dataset[]> {
    return this.#access.use(({ metadata }) => metadata.runs.datasets(id)).then(
      asDisplayable("datasets"),
    );
  }
}
