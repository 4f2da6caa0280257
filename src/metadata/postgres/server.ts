/** Where a database server is and how to sign in: from a URL, the PG* variables and `~/.pgpass`. */
import { InvalidOptionError } from "../../base/errors.ts";
import { withoutSecrets } from "../../base/url.ts";
import { variable } from "../../base/variable.ts";
import { passwordFor } from "./password_file.ts";

/** How the connection is encrypted, in the words of PostgreSQL. */
export type SslMode = "disable" | "allow" | "prefer" | "require" | "verify-ca" | "verify-full";

const SSL_MODES: readonly string[] = [
  "disable",
  "allow",
  "prefer",
  "require",
  "verify-ca",
  "verify-full",
];

/** A database server, and whom to sign in as. */
export interface Server {
  /** Its URL for people: without the password. */
  readonly shown: string;
  /** Name or address of its host, or the directory of its socket. */
  readonly host: string;
  /** Its port. */
  readonly port: number;
  /** The database. */
  readonly database: string;
  /** The role. */
  readonly user: string;
  /** Its password, where there is one. */
  readonly password: string | undefined;
  /** The schema that the tables are in; `undefined` for the one that the server chooses. */
  readonly schema: string | undefined;
  /** How the connection is encrypted. */
  readonly sslMode: SslMode;
  /** File of the certificates that are trusted; `undefined` for the system's. */
  readonly sslRootCert: string | undefined;
  /** What the server lists the connections as. */
  readonly applicationName: string;
  /** Milliseconds until a connection that is not there is given up. */
  readonly connectTimeout: number;
  /** Whether statements are prepared by name, which some poolers do not take. */
  readonly prepare: boolean;
}

/** Stands for a host that is left out. */
const NO_HOST = "none.invalid";

/** Parameters of a URL. Some have a second name, that of another driver. */
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
 * Reads a `postgres:` URL. What it leaves out comes from the PG* variables, a password from
 * `~/.pgpass` too, as in PostgreSQL's own programs.
 *
 * @throws {InvalidOptionError} If it is malformed, or has a parameter that is not known.
 */
export async function serverOf(url: string): Promise<Server> {
  const shown = withoutSecrets(url);
  const refuse = (reason: string): never => {
    throw new InvalidOptionError(`Cannot open ${shown}: ${reason}`);
  };
  // PostgreSQL's own programs take a user without a host, which a URL in general is not.
  const whole = url.replace(/^(\w+:\/\/[^/?#]*@)(?=[:/?#]|$)/, `$1${NO_HOST}`);
  const parsed = URL.parse(whole) ?? refuse(
    "it is no URL; special characters of a password are written as in encodeURIComponent()",
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
      return refuse(`its ${name} has a "%" that is no escape; write it as %25`);
    }
  };
  const named = parsed.hostname === NO_HOST ? "" : parsed.hostname.replace(/^\[(.*)\]$/, "$1");
  const host = part("host", named) ?? variable("PGHOST") ?? "localhost";
  if (host.includes(",")) refuse("it names several hosts; name one");
  const port = wholeNumber(part("port", parsed.port) ?? variable("PGPORT") ?? "5432") ??
    refuse("its port is no number");
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
    connectTimeout: 1000 * (wholeNumber(seconds) ?? refuse("connect_timeout is no number")),
    prepare: prepare === "true",
  };
}

function wholeNumber(text: string): number | undefined {
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}
