import type { Artifact } from "../artifacts/artifact.ts";
import type { PutFileOptions, PutOptions } from "../artifacts/artifact_store.ts";
import type { PutDirectoryOptions } from "../artifacts/put_directory.ts";
import type { PutSource } from "../artifacts/put_source.ts";
import type { Store } from "../store.ts";
import type { EndOptions, Params, Run } from "./run.ts";

/** A run that has been started: the store's calls, with the run filled in. */
export class ActiveRun {
  /** Id of the run. */
  readonly id: string;
  /** The run as it started. */
  readonly info: Run;
  readonly #store: Store;

  /** @ignore Made by {@linkcode Store.startRun}. */
  constructor(store: Store, info: Run) {
    this.#store = store;
    this.id = info.id;
    this.info = info;
  }

  /** Stores bytes, text or JSON. See {@linkcode Store.put}. */
  put(name: string, source: PutSource, options?: PutOptions): Promise<Artifact> {
    return this.#store.put(this.id, name, source, options);
  }

  /** Stores a file. See {@linkcode Store.putFile}. */
  putFile(name: string, path: string | URL, options?: PutFileOptions): Promise<Artifact> {
    return this.#store.putFile(this.id, name, path, options);
  }

  /** Stores every file of a directory. See {@linkcode Store.putDirectory}. */
  putDirectory(path: string | URL, options?: PutDirectoryOptions): Promise<Artifact[]> {
    return this.#store.putDirectory(this.id, path, options);
  }

  /** Sets params. See {@linkcode Store.logParams}. */
  logParams(params: Params): Promise<void> {
    return this.#store.logParams(this.id, params);
  }

  /** Adds one value to each of some metrics. See {@linkcode Store.logMetrics}. */
  logMetrics(
    metrics: Readonly<Record<string, number>>,
    options?: { readonly step?: number },
  ): Promise<void> {
    return this.#store.logMetrics(this.id, metrics, options);
  }

  /** Ends the run. See {@linkcode Store.endRun}. */
  end(options?: EndOptions): Promise<Run> {
    return this.#store.endRun(this.id, options);
  }
}
