/** What clients of the MLflow protocol send that the store keeps without a meaning for it. */
import type { Page } from "./mlflow_query.ts";

/** A document of a client: something that the store keeps, and has no meaning for. */
export interface MlflowDocument {
  /** Its kind: `trace`, `spans`, `dataset`, `record`. */
  readonly kind: string;
  /** Its id among those of its kind. */
  readonly id: string;
  /** What it belongs to, such as an experiment. */
  readonly scope: string;
  /** Epoch milliseconds; the newest are listed first. */
  readonly time: number;
  /** JSON. */
  readonly data: string;
}

/** Documents of clients. */
export interface MlflowDocuments {
  /** Adds one, in place of one of the same id. */
  put(document: MlflowDocument): Promise<void>;
  /** The data of one. */
  get(kind: string, id: string): Promise<string | undefined>;
  /** Changes the data of one in one transaction; `false` if it is not there. */
  change(kind: string, id: string, change: (data: string) => string): Promise<boolean>;
  /** The data of those of some scopes, the newest first. */
  list(
    kind: string,
    scopes: readonly string[],
    page: { readonly limit: number; readonly offset: number },
  ): Promise<Page<string>>;
  /** Removes some; gives how many there were. */
  remove(kind: string, ids: readonly string[]): Promise<number>;
}
