/** Address of a database server and credentials: from a URL, the PG* variables and `~/.pgpass`. */
import { InvalidOptionError } from "../../base/errors.ts";
import { withoutSecrets } from "../../base/url.ts";
import { variable } from "../../base/variable.ts";
import { passwordFor } from "./password_file.ts";

/** Encryption of the connection, in PostgreSQL's terms. */
export type SslMode = "disable" | "allow" | "prefer" | "require" | "verify-ca" | "verify-full";

const SSL_MODES: readonly string[] = [
  "disable",
  "allow",
  "prefer",
  "require",
  "verify-ca",
  "verify-full",
];

/** A database server with the credentials to use. */
export interface Server {
  /** URL without the password, for messages. */
  readonly shown: string;
  /** Host name or address, or the directory of a socket. */
  readonly host: string;
  /** Port. */
  readonly port: number;
  /** Database. */
  readonly database: string;
  /** Role. */
  readonly user: string;
  /** Password, if any. */
  readonly password: string | undefined;
  /** Schema of the tables; `undefined` for the server's default. */
  readonly schema: string | undefined;
  /** Encryption of the connection. */
  readonly sslMode: SslMode;
  /** File of trusted certificates; `undefined` for the system's. */
  readonly sslRootCert: string | undefined;
  /** Name under which the server lists the connections. */
  readonly applicationName: string;
  /** Timeout for establishing a connection, in milliseconds. */
  readonly connectTimeout: number;
  /** Whether to use named prepared statements, which some poolers do not support. */
  readonly prepare: boolean;
}

/** Placeholder for a missing host. */
const NO_HOST = "none.invalid";

/** Parameters of a URL. Some have a second name, from another driver. */
const PARAMETERS = [
  "host",
  "port",
  "user",
  "password",
  "dbname",
  "currentSchema",
  "sslmode",
  "sslrootcert",
  "application_name",
  "ApplicationName",
  "connect_timeout",
  "prepare",
];

/**
 * Parses a `postgres:` URL. As in PostgreSQL's own programs, missing parts are taken from the PG*
 * variables, and the password also from `~/.pgpass`.
 *
 * @throws {InvalidOptionError} If it is malformed, or has an unknown parameter.
 */
export async function serverOf(url: string): Promise<Server> {
  const shown = withoutSecrets(url);
  const refuse = (reason: string): never => {
    throw new InvalidOptionError(`Cannot open ${shown}: ${reason}`);
  };
  // PostgreSQL's own programs accept a user without a host, which `URL` rejects.
  const whole = url.replace(/^(\w+:\/\/[^/?#]*@)(?=[:/?#]|$)/, `$1${NO_HOST}`);
  const parsed = URL.parse(whole) ?? refuse(
    "it is not a URL; encode special characters of a password, e.g. by encodeURIComponent()",
  );
  const given = new Map(parsed.searchParams);
  for (const name of given.keys()) {
    if (!PARAMETERS.includes(name)) {
      refuse(`there is no parameter ${JSON.stringify(name)}; it takes ${PARAMETERS.join(", ")}`);
    }
  }
  const part = (name: string, text: string): string | undefined => {
    try {
      return given.get(name) || decodeURIComponent(text) || undefined;
    } catch {
      return refuse(`its ${name} has a "%" that is not an escape; write it as %25`);
    }
  };
  const named = parsed.hostname === NO_HOST ? "" : parsed.hostname.replace(/^\[(.*)\]$/, "$1");
  const host = part("host", named) ?? variable("PGHOST") ?? "localhost";
  if (host.includes(",")) refuse("it names several hosts; name one");
  const port = wholeNumber(part("port", parsed.port) ?? variable("PGPORT") ?? "5432") ??
    refuse("its port is not a number");
  const user = part("user", parsed.username) ?? variable("PGUSER") ?? variable("USER") ??
    variable("LOGNAME") ?? refuse("it names no user; write postgres://user@host/database");
  const database = part("dbname", parsed.pathname.slice(1)) ?? variable("PGDATABASE") ?? user;
  const sslMode = given.get("sslmode") ?? variable("PGSSLMODE") ?? "prefer";
  if (!SSL_MODES.includes(sslMode)) refuse(`sslmode takes ${SSL_MODES.join(", ")}`);
  const seconds = given.get("connect_timeout") ?? variable("PGCONNECT_TIMEOUT") ?? "30";
  const prepare = given.get("prepare") ?? "true";
  if (!["true", "false"].includes(prepare)) refuse("prepare takes true or false");
  return {
    shown,
    host,
    port,
    database,
    user,
    password: part("password", parsed.password) ?? variable("PGPASSWORD") ??
      await passwordFor({ host, port, database, user }),
    schema: given.get("currentSchema") || undefined,
    sslMode: sslMode as SslMode,
    sslRootCert: given.get("sslrootcert") ?? variable("PGSSLROOTCERT"),
    applicationName: given.get("application_name") ?? given.get("ApplicationName") ??
      variable("PGAPPNAME") ?? "chachaml",
    connectTimeout: 1000 * (wholeNumber(seconds) ?? refuse("connect_timeout is not a number")),
    prepare: prepare === "true",
  };
}

function wholeNumber(text: string): number | undefined {
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}
