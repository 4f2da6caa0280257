/** How a store is served. */

/** What a caller may do. Each role may do what the one before it may. */
export type Role = "reader" | "writer" | "admin";

/** A caller who is known. */
export interface Caller {
  /** Name; runs that the caller starts bear it. `null` where a token has none. */
  readonly name: string | null;
  /** What the caller may do. */
  readonly role: Role;
}

/** Options of {@linkcode createHandler}. */
export interface HandlerOptions {
  /**
   * Finds the caller of some credentials. If left out, every caller may do everything: serve so on
   * loopback only.
   */
  readonly authenticate?: (credentials: Credentials) => Promise<Caller | undefined>;
  /**
   * Whether everything that writes is refused.
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
   * Names of hosts, without ports, that requests may be addressed to. A page of another site cannot
   * reach the server by a name of its own then. If left out, the names of loopback, unless callers
   * have to sign in.
   */
  readonly hosts?: readonly string[];
  /**
   * Origins whose pages may call the server, such as `https://example.org`.
   *
   * @default {[]}
   */
  readonly origins?: readonly string[];
  /** Ends answers that never end by themselves: streams of events. */
  readonly signal?: AbortSignal;
  /** Called with each request that was answered. */
  readonly onAnswer?: (entry: AccessEntry) => void;
  /** Called with each error that was answered by a 5xx: the answer does not say what went wrong. */
  readonly onFailure?: (error: unknown) => void;
}

/** Credentials of a request. */
export interface Credentials {
  /** A token, sent as `Authorization: Bearer`. */
  readonly token?: string;
  /** A name, sent as `Authorization: Basic`. */
  readonly name?: string;
  /** A password, sent as `Authorization: Basic`. */
  readonly password?: string;
}

/** One line of an access log. */
export interface AccessEntry {
  /** When the request came, in ISO 8601. */
  readonly time: string;
  /** HTTP method. */
  readonly method: string;
  /** Path, without the query: a query can hold what nobody should read in a log. */
  readonly path: string;
  /** HTTP status. */
  readonly status: number;
  /** Milliseconds until the answer began. */
  readonly duration: number;
  /** The caller's name, if there is one. */
  readonly user: string | null;
}
