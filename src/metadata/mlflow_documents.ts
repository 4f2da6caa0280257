/** What clients of the MLflow protocol send that the store keeps without a meaning for it. */
import type { Page } from "./mlflow_query.ts";

/** A document of a client: something that the store keeps, and has no meaning for. */
export interface MlflowDocument {
  /** Its kind: `trace`, `spans`, `dataset`, `record`, `scorer`. */
  readonly kind: string;
  /** Its id among those of its kind. */
  readonly id: string;
  /** What it belongs to, such as an experiment or a dataset. */
  readonly scope: string;
  /** Epoch milliseconds; documents are listed by it. */
  readonly time: number;
  /** JSON. */
  readonly data: string;
}

/** A document to add, or to merge into the one of the same id. */
export interface DocumentMerge extends MlflowDocument {
  /** Returns the new data of an existing document. */
  readonly merge: (existing: string) => string;
  /** Whether nothing at all is stored unless the document exists. */
  readonly mustExist?: boolean;
}

/** The position of a document in a listing. */
export type DocumentPlace = Pick<MlflowDocument, "time" | "id">;

/** Part of a listing. */
export interface DocumentPage {
  /** Maximum number of documents. */
  readonly limit: number;
  /** Lists what follows this document, which need no longer exist. */
  readonly after?: DocumentPlace | undefined;
  /** Lists the oldest first instead of the newest. */
  readonly oldestFirst?: boolean;
}

/** Documents of clients. */
export interface MlflowDocuments {
  /** Adds one, in place of one of the same id. */
  put(document: MlflowDocument): Promise<void>;
  /** Returns the data of one. */
  get(kind: string, id: string): Promise<string | undefined>;
  /** Changes the data of one in one transaction; `false` if it is not there. */
  change(kind: string, id: string, change: (data: string) => string): Promise<boolean>;
  /**
   * Adds or merges several in one transaction.
   *
   * @returns How many were added; `undefined` if one that must exist does not: then nothing is stored.
   */
  merge(merges: readonly DocumentMerge[]): Promise<number | undefined>;
  /** Lists those of some scopes; of all scopes without `scopes`. Listings are stable while others are added. */
  list(
    kind: string,
    scopes: readonly string[] | undefined,
    page: DocumentPage,
  ): Promise<Page<DocumentPlace & { readonly data: string }>>;
  /** Returns how many there are in each of some scopes. Scopes without documents are left out. */
  count(kind: string, scopes: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** Removes some by id, in one scope if `scope` is given; returns how many there were. */
  remove(kind: string, ids: readonly string[], scope?: string): Promise<number>;
  /** Removes all of a scope, of the given kinds. */
  removeScope(kinds: readonly string[], scope: string): Promise<void>;
}
