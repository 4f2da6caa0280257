/** Artifacts of one run. */
import type { AcceptedSource } from "../artifacts/accepted_source.ts";
import type { Artifact } from "../artifacts/artifact.ts";
import type { Artifacts, RemoveOptions } from "../artifacts/artifacts.ts";
import type { CapturedDisplay, CaptureOptions } from "../artifacts/captured_display.ts";
import type { PutDirectoryOptions } from "../artifacts/put_directory.ts";
import type { PutFileOptions, PutOptions } from "../artifacts/put_options.ts";
import { renderer } from "../display/displayable.ts";
import type { Run } from "../metadata/run.ts";

/**
 * Methods of {@linkcode RunHandle} for the artifacts of the run. They need only the
 * permissions of {@linkcode openStore}, unless they say more.
 */
export abstract class RunFiles {
  /** Id of the run. */
  readonly id: string;
  /** The run when the handle was created; {@linkcode RunHandle.record} reads its current state. */
  readonly info: Run;
  readonly #artifacts: Artifacts;

  /** @ignore Created by the store. */
  constructor(artifacts: Artifacts, info: Run) {
    this.#artifacts = artifacts;
    this.id = info.id;
    this.info = info;
  }

  /**
   * Stores bytes, text or JSON as an artifact. See {@linkcode Artifacts.put}.
   *
   * @param name Name of the artifact.
   * @param source Content: bytes, text, a stream, a `Response`, or a JSON value.
   * @param options Content type, `ifExists`, progress and abort signal.
   * @returns The stored artifact.
   */
  put<T>(
    name: string,
    source: T & AcceptedSource<T>,
    options?: PutOptions,
  ): Promise<Artifact> {
    return this.#artifacts.put<T>(this.id, name, source, options);
  }

  /**
   * Stores a file as an artifact. See {@linkcode Artifacts.putFile}. Requires `--allow-read` for the
   * file, and `--allow-write` to move it.
   *
   * @param name Name of the artifact.
   * @param path Path or `file:` URL of the file.
   * @param options Options of {@linkcode put}, and whether to move the file.
   * @returns The stored artifact.
   */
  putFile(name: string, path: string | URL, options?: PutFileOptions): Promise<Artifact> {
    return this.#artifacts.putFile(this.id, name, path, options);
  }

  /**
   * Stores every file of a directory. See {@linkcode Artifacts.putDirectory}. Requires
   * `--allow-read` for the directory.
   *
   * @param path Path or `file:` URL of the directory.
   * @param options Name prefix, filters, progress and abort signal.
   * @returns The stored artifacts.
   */
  putDirectory(path: string | URL, options?: PutDirectoryOptions): Promise<Artifact[]> {
    return this.#artifacts.putDirectory(this.id, path, options);
  }

  /**
   * Returns an artifact of the run. See {@linkcode Artifacts.get}.
   *
   * @param name Name of the artifact.
   * @returns The artifact.
   */
  get(name: string): Promise<Artifact> {
    return this.#artifacts.get(this.id, name);
  }

  /**
   * Checks whether the run has an artifact. See {@linkcode Artifacts.has}.
   *
   * @param name Name of the artifact.
   * @returns Whether the run has it.
   */
  has(name: string): Promise<boolean> {
    return this.#artifacts.has(this.id, name);
  }

  /**
   * Lists the artifacts of the run. See {@linkcode Artifacts.list}.
   *
   * @returns The artifacts, sorted by name.
   */
  list(): Promise<Artifact[]> {
    return this.#artifacts.list(this.id);
  }

  /**
   * Removes an artifact of the run. See {@linkcode Artifacts.remove}.
   *
   * @param name Name of the artifact.
   * @param options `force` also removes the model versions that use it.
   */
  remove(name: string, options?: RemoveOptions): Promise<void> {
    return this.#artifacts.remove(this.id, name, options);
  }

  /**
   * Stores the notebook display of a value as files that other programs can open. Supported values:
   * a canvas or image bytes, an SVG or HTML element, a Vega or Vega-Lite plot (its specification,
   * and rendered if the npm packages `vega` and `vega-lite` can be loaded), a polars dataframe (as
   * CSV, or as Parquet if the name ends in `.parquet`), and any other value with a Jupyter display
   * method.
   *
   * @param name Name of the artifact; a missing extension is added.
   * @param value Value to display.
   * @param options `ifExists` and an abort signal.
   * @returns The stored artifacts, and the formats that failed.
   * @throws {InvalidSourceError} If a notebook displays the value only as text.
   *
   * @example Store an SVG element
   * ```ts
   * import { openStore } from "@chachaml/store";
   *
   * await using store = await openStore({ inMemory: true });
   * const run = await store.startRun();
   * const { artifacts } = await run.logDisplay("plots/dot", {
   *   outerHTML: '<svg width="9" height="9"><circle r="4" cx="4" cy="4"/></svg>',
   * });
   * console.log(artifacts.map(({ name }) => name)); // ["plots/dot.svg"]
   * ```
   */
  async logDisplay(
    name: string,
    value: unknown,
    options: CaptureOptions = {},
  ): Promise<CapturedDisplay> {
    const { capture } = await renderer();
    return await capture(this, name, value, options) as CapturedDisplay;
  }
}
