/** Model registry of the MLflow protocol. */
import type { Page, Search } from "../../mlflow_query.ts";
import type {
  MlflowRegistry,
  NewRegisteredVersion,
  Pairs,
  RegisteredModel,
  RegisteredVersion,
} from "../../mlflow_store.ts";
import type { SqlDialect } from "../dialect.ts";
import type { Script } from "../script.ts";
import type { ScriptDatabase } from "../script_database.ts";
import { pageOf } from "./pages.ts";
import {
  addVersion,
  create,
  describe,
  describeVersion,
  remove,
  removeVersion,
  rename,
  setAlias,
  setStage,
  setTag,
} from "./registry_changes.ts";
import { findModel, findVersion, modelOf, versionOf } from "./registry_rows.ts";
import { modelSearch, versionSearch } from "./registry_search.ts";

/** Registered models and their versions in a database. */
export class SqlMlflowRegistry implements MlflowRegistry {
  readonly #database: ScriptDatabase;
  readonly #now: () => number;

  /** Creates an accessor of `database`; `now` is the clock, in epoch milliseconds. */
  constructor(database: ScriptDatabase, now: () => number) {
    this.#database = database;
    this.#now = now;
  }

  create(name: string, description: string | null, tags: Pairs): Promise<boolean> {
    return this.#write((dialect, now) => create(dialect, now, name, description, tags));
  }

  get(name: string): Promise<RegisteredModel | undefined> {
    return this.#read((dialect) => findModel(dialect, name));
  }

  rename(name: string, to: string): Promise<boolean> {
    return this.#write((dialect, now) => rename(dialect, now, name, to));
  }

  describe(name: string, description: string | null): Promise<void> {
    return this.#write((dialect, now) => describe(dialect, now, name, description));
  }

  delete(name: string): Promise<void> {
    return this.#write(() => remove(name));
  }

  search(search: Search): Promise<Page<RegisteredModel>> {
    return this.#read((dialect) =>
      pageOf(modelSearch(dialect, search), search, (row) => modelOf(dialect, row))
    );
  }

  setTag(name: string, key: string, value: string | null): Promise<boolean> {
    return this.setVersionTag(name, 0, key, value);
  }

  setVersionTag(
    name: string,
    version: number,
    key: string,
    value: string | null,
  ): Promise<boolean> {
    return this.#write((dialect, now) => setTag(dialect, now, { name, version }, key, value));
  }

  setAlias(name: string, alias: string, version: number | null): Promise<void> {
    return this.#write((dialect, now) => setAlias(dialect, now, name, alias, version));
  }

  addVersion(name: string, version: NewRegisteredVersion): Promise<number> {
    return this.#write((dialect, now) => addVersion(dialect, now, name, version));
  }

  version(name: string, version: number): Promise<RegisteredVersion | undefined> {
    return this.#read((dialect) => findVersion(dialect, name, version));
  }

  describeVersion(name: string, version: number, description: string | null): Promise<void> {
    return this.#write((dialect, now) =>
      describeVersion(dialect, now, { name, version }, description)
    );
  }

  setStage(name: string, version: number, stage: string, archiveOthers: boolean): Promise<void> {
    return this.#write((dialect, now) =>
      setStage(dialect, now, { name, version }, stage, archiveOthers)
    );
  }

  deleteVersion(name: string, version: number): Promise<void> {
    return this.#write((dialect, now) => removeVersion(dialect, now, { name, version }));
  }

  searchVersions(search: Search): Promise<Page<RegisteredVersion>> {
    return this.#read((dialect) =>
      pageOf(versionSearch(dialect, search), search, (row) => versionOf(dialect, row))
    );
  }

  #read<T>(script: (dialect: SqlDialect) => Script<T>): Promise<T> {
    return this.#database.read(() => script(this.#database.dialect));
  }

  #write<T>(script: (dialect: SqlDialect, now: number) => Script<T>): Promise<T> {
    return this.#database.write(() => script(this.#database.dialect, this.#now()));
  }
}
