/** Options for serving a store. */

/** Role of a caller. Each role includes the permissions of the previous one. */
export type Role = "reader" | "writer" | "admin";

/** An authenticated caller. */
export interface Caller {
  /** Name, recorded in runs that the caller starts; `null` for a token without name. */
  readonly name: string | null;
  /** Role of the caller. */
  readonly role: Role;
}

/** Options for {@linkcode createHandler}. */
export interface HandlerOptions {
  /**
   * Authenticates the caller. Without it every caller may do everything: only use that on loopback.
   */
  readonly authenticate?: (credentials: Credentials) => Promise<Caller | undefined>;
  /**
   * Whether to reject every request that writes.
   *
   * @default {false}
   */
  readonly readOnly?: boolean;
  /**
   * Whether assistants that call by MCP may change tags, notes and stages, if their role allows it.
   *
   * @default {false}
   */
  readonly mcpWrites?: boolean;
  /**
   * Host names, without ports, that requests may be addressed to; pages of other sites then cannot
   * reach the server under their own names. By default the names of loopback, or any name if
   * callers must sign in.
   */
  readonly hosts?: readonly string[];
  /**
   * Origins whose pages may call the server, e.g. `https://example.org`.
   *
   * @default {[]}
   */
  readonly origins?: readonly string[];
  /** Ends endless responses: streams of events. */
  readonly signal?: AbortSignal;
  /** Called after each response. */
  readonly onAnswer?: (entry: AccessEntry) => void;
  /** Called with each error that was answered by a 5xx: the answer does not say what went wrong. */
  readonly onFailure?: (error: unknown) => void;
}

/** Credentials of a request. */
export interface Credentials {
  /** Token from `Authorization: Bearer`. */
  readonly token?: string;
  /** Name from `Authorization: Basic`. */
  readonly name?: string;
  /** Password from `Authorization: Basic`. */
  readonly password?: string;
}

/** Entry of an access log. */
export interface AccessEntry {
  /** Time of the request, in ISO 8601. */
  readonly time: string;
  /** HTTP method. */
  readonly method: string;
  /** Path without query, which may contain private data. */
  readonly path: string;
  /** HTTP status. */
  readonly status: number;
  /** Time until the response started, in milliseconds. */
  readonly duration: number;
  /** Name of the caller, if known. */
  readonly user: string | null;
}
