/** Conversion of a server's errors to the store's terms. */
import { StorageError, StoreBusyError } from "../../base/errors.ts";
import type { Server } from "./server.ts";

/** An error thrown by the driver, with a SQLSTATE, a network code or a code of the driver. */
interface DriverFailure extends Error {
  readonly code: string;
  readonly constraint_name?: string;
}

/** A connection that was lost before a statement could be sent. */
export class LostConnectionError extends Error {
  override readonly name = "LostConnectionError";
  /** Code, like that of the driver's errors. */
  readonly code = "CONNECTION_CLOSED";

  /** Creates the error. */
  constructor() {
    super("the connection was lost");
  }
}

/** A failure to agree on TLS with a server. */
export class TlsError extends Error {
  override readonly name = "TlsError";
  /** `NO_TLS` if the server has none, `CERTIFICATE` if its certificate is not accepted. */
  readonly code: "NO_TLS" | "CERTIFICATE";

  /** Creates the error. */
  constructor(code: "NO_TLS" | "CERTIFICATE", cause: Error) {
    super(cause.message, { cause });
    this.code = code;
  }
}

/** Returns a failure of TLS as such: the driver passes it on without a code of its own. */
export function asTlsError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  if (/before secure TLS/.test(error.message)) return new TlsError("NO_TLS", error);
  const isPlain = !("code" in error) || /^(ERR_TLS|[A-Z_]*CERT|UNABLE_TO)/.test(String(error.code));
  return isPlain && /certificate|altname/i.test(error.message)
    ? new TlsError("CERTIFICATE", error)
    : error;
}

/** Kinds of failures. */
export type PgFailure =
  /** Conflict with another transaction; a retry may succeed. */
  | "conflict"
  /** Others held a lock for too long. */
  | "busy"
  /** There is no connection, or it was lost. */
  | "lost"
  /** A row with this key already exists. */
  | "duplicate"
  | "other";

const LOST = [
  "CONNECTION_CLOSED",
  "CONNECTION_ENDED",
  "CONNECTION_DESTROYED",
  "CONNECT_TIMEOUT",
  "ECONNREFUSED",
  "ECONNRESET",
  "ECONNABORTED",
  "EPIPE",
  "ETIMEDOUT",
  "ENETUNREACH",
  "EHOSTUNREACH",
  "ENOENT",
  "ENOTFOUND",
  "EAI_AGAIN",
  // The server is shutting down, has crashed, or is still starting.
  "57P01",
  "57P02",
  "57P03",
];

function isFailure(error: unknown): error is DriverFailure {
  return error instanceof Error && typeof (error as { code?: unknown }).code === "string";
}

/**
 * Returns the kind of a failure; `undefined` if the error is neither the server's nor the
 * network's.
 */
export function failureOf(error: unknown): PgFailure | undefined {
  if (!isFailure(error)) return undefined;
  const { code } = error;
  if (LOST.includes(code) || /^08/.test(code)) return "lost";
  if (code === "40001" || code === "40P01") return "conflict";
  if (code === "55P03") return "busy";
  if (code === "23505") return "duplicate";
  // Not every error with a code is the driver's: our own codes are words.
  return /^[0-9A-Z]{5}$/.test(code) || ["PostgresError", "TlsError"].includes(error.name)
    ? "other"
    : undefined;
}

/** Returns whether the server is starting or recovering, so that a retry makes sense. */
export function isStarting(error: unknown): boolean {
  return isFailure(error) && error.code === "57P03";
}

/** Returns the meaning of a SQLSTATE and its remedy; `said` is the server's own message. */
function stateOf(code: string, said: string, { host, port, user, database }: Server): string {
  switch (code) {
    case "28P01":
    case "28000":
      return `the server refuses to sign in ${user} (${said}); check the user, and its password ` +
        "in PGPASSWORD or ~/.pgpass, which nobody else may read (mode 0600)";
    case "3D000":
      return `the server has no database ${JSON.stringify(database)}; create it with createdb, ` +
        "or name another";
    case "42501":
      return `the role ${user} may not do that (${said}); ask the owner of the tables for the ` +
        "privilege (GRANT)";
    case "25006":
      return "the server takes no writes: it is a standby, or set to read-only; name its primary";
    case "53100":
      return "the disk of the server is full; free some space and try again";
    case "53300":
      return "the server has no connection left; close other programs, or pass a smaller poolSize";
    case "22021":
    case "22P05":
      return "text has a character that the server's encoding lacks; use a database in UTF8";
    case "CONNECT_TIMEOUT":
      return `${host}:${port} does not answer; check the address, and firewalls on the way`;
    case "ECONNREFUSED":
      return `nothing listens at ${host}:${port}; check the address, and that the server runs`;
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return `the host ${host} has no address; check its name`;
    case "ENOENT":
      return `there is no socket of a server on port ${port} in ${host}; check that it runs`;
    case "NO_TLS":
      return "the server offers no encryption, which sslmode asks for; switch it on there (ssl = on)";
    case "CERTIFICATE":
      return `the server's certificate is not accepted (${said}); name the file of its authority ` +
        "(sslrootcert), and the host as the certificate does";
    case "57P03":
      return "the server is starting; try again";
    default:
      return said;
  }
}

/** Converts a failure to a public error; returns any other error unchanged. */
export function publicError(
  error: unknown,
  action: string,
  server: Server,
  waited: number = 0,
): unknown {
  const failure = failureOf(error);
  if (failure === undefined || !isFailure(error)) return error;
  const how = { cause: error };
  if (failure === "busy" || failure === "conflict") {
    return new StoreBusyError(Math.round(waited), how);
  }
  const lost = ["CONNECTION_CLOSED", "ECONNRESET", "EPIPE", "57P01", "57P02"].includes(error.code);
  const state = lost
    ? "the connection to the server was lost; check that it runs, and try again"
    : stateOf(error.code, error.message, server);
  return new StorageError(action, state, how);
}
