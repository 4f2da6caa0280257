/** Options of npm's `postgres` for a server. */
import type { PeerCertificate } from "node:tls";
import { builtin } from "../../base/builtin.ts";
import { DriverError, InvalidOptionError, quote } from "../../base/errors.ts";
import type { Server } from "./server.ts";

/** Variables that the driver always reads, regardless of its options. */
const ASKED = ["PGAPPNAME", "PGTARGETSESSIONATTRS"];

/** Returns the options of the driver for all connections to a server. */
export function optionsFor(server: Server): Record<string, unknown> {
  const { host, port, database, user, password, schema, applicationName, connectTimeout } = server;
  const denied = ASKED.filter((variable) =>
    Deno.permissions.querySync({ name: "env", variable }).state !== "granted"
  );
  if (denied.length > 0) {
    throw new DriverError(
      `Cannot open ${server.shown}: the driver reads PG* variables; grant --allow-env=${denied}`,
    );
  }
  return {
    ...(host.startsWith("/") ? { path: `${host}/.s.PGSQL.${port}` } : { host, port }),
    database,
    user,
    pass: password ?? "",
    ssl: sslOf(server),
    idle_timeout: 0,
    max_lifetime: 0,
    connect_timeout: connectTimeout / 1000,
    keep_alive: 60,
    backoff: (tries: number) => Math.min(0.05 * 2 ** tries, 1),
    fetch_types: false,
    prepare: server.prepare,
    connection: {
      application_name: applicationName,
      ...(schema !== undefined && { search_path: `"${schema.replaceAll('"', '""')}"` }),
    },
    onnotice: () => {},
    types: { integer: INTEGER },
  };
}

/** 64-bit integers: numbers where these are exact. */
const INTEGER = {
  to: 20,
  from: [20],
  serialize: (value: number | bigint | string): string => String(value),
  parse: (text: string): number | bigint => {
    const number = Number(text);
    return Number.isSafeInteger(number) ? number : BigInt(text);
  },
};

/** Returns the TLS options of a mode. Only the last two check the certificate. */
function sslOf(server: Server): unknown {
  const { sslMode, sslRootCert, host } = server;
  if (sslMode === "disable" || host.startsWith("/")) return false;
  if (sslMode === "allow" || sslMode === "prefer") return "prefer";
  const ca = sslRootCert === undefined || sslRootCert === "system"
    ? undefined
    : readCertificates(sslRootCert, server);
  // Like PostgreSQL's own library: a file of trusted certificates implies checking.
  if (sslMode === "require" && ca === undefined) return { rejectUnauthorized: false };
  return {
    rejectUnauthorized: true,
    ...(ca !== undefined && { ca }),
    // The driver does not pass on an address, for which the name "localhost" would be accepted.
    checkServerIdentity: (_: string, certificate: PeerCertificate) =>
      sslMode === "verify-full"
        ? builtin("node:tls").checkServerIdentity(host, certificate)
        : undefined,
  };
}

function readCertificates(path: string, { shown }: Server): string {
  try {
    return Deno.readTextFileSync(path);
  } catch (cause) {
    throw new InvalidOptionError(
      `Cannot open ${shown}: its sslrootcert ${quote(path)} cannot be read (${
        (cause as Error).message
      }); name a file of trusted certificates`,
      { cause },
    );
  }
}
