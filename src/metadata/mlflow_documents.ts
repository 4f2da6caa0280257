/** Opaque documents of MLflow clients. */
import type { Page } from "./mlflow_query.ts";

/** A document of a client, which the store does not interpret. */
export interface MlflowDocument {
  /** Kind: `trace`, `spans`, `dataset`, `record` or `scorer`. */
  readonly kind: string;
  /** Id, unique per kind. */
  readonly id: string;
  /** Id of its owner, e.g. an experiment or a dataset. */
  readonly scope: string;
  /** Time by which documents are listed, in epoch milliseconds. */
  readonly time: number;
  /** JSON. */
  readonly data: string;
}

/** A document to add, or to merge into an existing one with the same id. */
export interface DocumentMerge extends MlflowDocument {
  /** Returns the new data of an existing document. */
  readonly merge: (existing: string) => string;
  /** Whether the whole operation is cancelled if the document does not exist. */
  readonly mustExist?: boolean;
}

/** The position of a document in a listing. */
export type DocumentPlace = Pick<MlflowDocument, "time" | "id">;

/** Page of a listing. */
export interface DocumentPage {
  /** Maximum number of documents. */
  readonly limit: number;
  /** Lists the documents after this one, which may have been removed. */
  readonly after?: DocumentPlace | undefined;
  /** Whether the oldest documents come first instead of the newest. */
  readonly oldestFirst?: boolean;
}

/** Documents of clients. */
export interface MlflowDocuments {
  /** Adds or replaces a document. */
  put(document: MlflowDocument): Promise<void>;
  /** Returns the data of a document. */
  get(kind: string, id: string): Promise<string | undefined>;
  /** Changes the data of a document in one transaction; `false` if it does not exist. */
  change(kind: string, id: string, change: (data: string) => string): Promise<boolean>;
  /**
   * Adds or merges documents in one transaction.
   *
   * @returns Number of added documents; `undefined` if one that must exist does not.
   */
  merge(merges: readonly DocumentMerge[]): Promise<number | undefined>;
  /** Lists the documents of some or all scopes. Listings are stable while documents are added. */
  list(
    kind: string,
    scopes: readonly string[] | undefined,
    page: DocumentPage,
  ): Promise<Page<DocumentPlace & { readonly data: string }>>;
  /** Counts the documents of each scope. Scopes without documents are omitted. */
  count(kind: string, scopes: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** Removes some by id, in one scope if `scope` is given; returns how many there were. */
  remove(kind: string, ids: readonly string[], scope?: string): Promise<number>;
  /** Removes all of a scope, of the given kinds. */
  removeScope(kinds: readonly string[], scope: string): Promise<void>;
}
