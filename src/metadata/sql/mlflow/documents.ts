/** Documents of MLflow clients. */
import type {
  DocumentMerge,
  DocumentPage,
  DocumentPlace,
  MlflowDocument,
  MlflowDocuments,
} from "../../mlflow_documents.ts";
import type { Page } from "../../mlflow_query.ts";
import { text } from "../../rows/value.ts";
import type { SqlDialect } from "../dialect.ts";
import { fragment } from "../fragment.ts";
import { all, get, run, type Script } from "../script.ts";
import type { ScriptDatabase } from "../script_database.ts";
import {
  ADD,
  CHANGE,
  countsOf,
  countStatement,
  FIND,
  inLockOrder,
  listedDocument,
  listStatement,
  placeValues,
  PUT,
  removeScopeStatement,
  removeStatement,
} from "./document_statements.ts";
import { rowPage } from "./pages.ts";

/** Documents in a database. */
export class SqlMlflowDocuments implements MlflowDocuments {
  readonly #database: ScriptDatabase;

  /** Creates an accessor of `database`. */
  constructor(database: ScriptDatabase) {
    this.#database = database;
  }

  async put({ kind, id, scope, time, data }: MlflowDocument): Promise<void> {
    await this.#database.write(() => run(PUT, kind, id, scope, time, data));
  }

  async get(kind: string, id: string): Promise<string | undefined> {
    const row = await this.#database.read(() => get(FIND, kind, id));
    return row && text(row.data);
  }

  change(kind: string, id: string, change: (data: string) => string): Promise<boolean> {
    const { dialect } = this.#database;
    return this.#database.write(() => changeOne(dialect, kind, id, change));
  }

  merge(merges: readonly DocumentMerge[]): Promise<number | undefined> {
    return this.#database.write(() => merge(this.#database.dialect, inLockOrder(merges)));
  }

  async list(
    kind: string,
    scopes: readonly string[] | undefined,
    page: DocumentPage,
  ): Promise<Page<DocumentPlace & { readonly data: string }>> {
    const { dialect } = this.#database;
    const values = scopes === undefined ? [] : [dialect.list(scopes)];
    const statement = fragment(
      listStatement(dialect, scopes !== undefined, page),
      kind,
      ...values,
      ...placeValues(page.after),
    );
    const { items, more } = await this.#database.read(() =>
      rowPage(statement, { limit: page.limit, offset: 0 })
    );
    return { items: items.map(listedDocument), more };
  }

  async count(kind: string, scopes: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const { dialect } = this.#database;
    return countsOf(
      await this.#database.read(() => all(countStatement(dialect), kind, dialect.list(scopes))),
    );
  }

  remove(kind: string, ids: readonly string[], scope?: string): Promise<number> {
    const { dialect } = this.#database;
    const statement = removeStatement(dialect, scope !== undefined);
    const values = scope === undefined ? [] : [scope];
    return this.#database.write(() => run(statement, kind, dialect.list(ids), ...values));
  }

  async removeScope(kinds: readonly string[], scope: string): Promise<void> {
    const { dialect } = this.#database;
    const statement = removeScopeStatement(dialect);
    await this.#database.write(() => run(statement, dialect.list(kinds), scope));
  }
}

function* changeOne(
  dialect: SqlDialect,
  kind: string,
  id: string,
  change: (data: string) => string,
): Script<boolean> {
  const row = yield* get(`${FIND}${dialect.forUpdate}`, kind, id);
  if (!row) return false;
  yield* run(CHANGE, change(text(row.data)), kind, id);
  return true;
}

function* merge(
  dialect: SqlDialect,
  merges: readonly DocumentMerge[],
): Script<number | undefined> {
  for (const { kind, id, mustExist } of merges) {
    if (mustExist && !(yield* get(`${FIND}${dialect.forUpdate}`, kind, id))) return undefined;
  }
  let added = 0;
  for (const { kind, id, scope, time, data, merge } of merges) {
    const isAdded = (yield* run(ADD, kind, id, scope, time, data)) > 0;
    if (isAdded) added++;
    else if (!(yield* changeOne(dialect, kind, id, merge))) {
      // It was removed meanwhile.
      added += yield* run(ADD, kind, id, scope, time, data);
    }
  }
  return added;
}
