import type { Store } from "../../store/store.ts";
import type { ArtifactIndex } from "../../metadata/artifact_index.ts";
import type { MlflowStore } from "../../metadata/mlflow_store.ts";
import type { Fields } from "./fields.ts";

/** Dependencies of handlers. */
export interface Service {
  /** The store. */
  readonly store: Store;
  /** Records of artifacts: listings by directory. */
  readonly artifacts: Pick<ArtifactIndex, "children">;
  /** Data of the protocol. */
  readonly mlflow: MlflowStore;
  /** Clock, in epoch milliseconds. */
  readonly now: () => number;
}

/** A call of an endpoint. */
export interface Call extends Service {
  /** Fields of the body or the query. */
  readonly fields: Fields;
  /** Returns a named part of the path, decoded once. */
  param(name: string): string;
  /** Name of the caller, if callers sign in. */
  readonly user: string | null;
}

/** An endpoint with a JSON response. */
export interface Route {
  /** HTTP method. */
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  /** Path below `/api/<version>/mlflow/`, with `:names`. */
  readonly path: string;
  /** Whether only administrators may call it, where callers sign in. */
  readonly isForAdmins?: boolean;
  /** Answers a call. */
  readonly handle: (call: Call) => Promise<unknown>;
}

/** Declares an endpoint. */
export function route(
  method: Route["method"],
  path: string,
  handle: (call: Call) => Promise<unknown>,
): Route {
  return { method, path, handle };
}

/** Declares an endpoint for administrators. */
export function adminRoute(...parts: Parameters<typeof route>): Route {
  return { ...route(...parts), isForAdmins: true };
}
