/** The few calls that the store needs of npm's `postgres`. */
import type postgres from "npm:postgres@~3.4.9";
import { onDemand } from "../../base/on_demand.ts";
import { DriverError, InvalidOptionError, quote } from "../../base/errors.ts";
import type { SqlRow, SqlValue } from "../rows/value.ts";
import type { Server } from "./server.ts";

/** A value of a statement: a list stands for an array of texts or numbers. */
export type PgValue = SqlValue | readonly string[] | readonly (number | bigint)[];

/** Runs statements. Their placeholders are `?` in order, or numbered: `?1`. */
export interface Sql {
  /** All rows. */
  all(text: string, ...values: PgValue[]): Promise<SqlRow[]>;
  /** The first row, if any. */
  get(text: string, ...values: PgValue[]): Promise<SqlRow | undefined>;
  /** Runs a statement; gives how many rows it changed. */
  run(text: string, ...values: PgValue[]): Promise<number>;
}

/** Runs statements within a transaction. */
export interface Transaction extends Sql {
  /** All rows, so many at a time: memory stays flat. */
  pages(size: number, text: string, ...values: PgValue[]): AsyncIterable<SqlRow[]>;
}

/** What the driver's connections and transactions have in common. */
type Driver = postgres.Sql | postgres.TransactionSql;

/** Connections to a server. */
export class Client implements Sql {
  readonly #sql: postgres.Sql;
  readonly #prepare: boolean;

  private constructor(sql: postgres.Sql, prepare: boolean) {
    this.#sql = sql;
    this.#prepare = prepare;
  }

  /** Gives a client that connects on first use, at most so many times at once. */
  static async open(server: Server, size: number): Promise<Client> {
    const options = optionsFor(server, size);
    const driver = await import(onDemand("./driver.ts")) as { readonly default: typeof postgres };
    return new Client(driver.default(options), server.prepare);
  }

  all(text: string, ...values: PgValue[]): Promise<SqlRow[]> {
    return rowsOf(this.#sql, this.#prepare, text, values);
  }

  async get(text: string, ...values: PgValue[]): Promise<SqlRow | undefined> {
    return (await this.all(text, ...values))[0];
  }

  run(text: string, ...values: PgValue[]): Promise<number> {
    return countOf(this.#sql, this.#prepare, text, values);
  }

  /** Calls `work` in a transaction of a mode, such as `"read only"`; commits what it resolves to. */
  async begin<T>(mode: string, work: (sql: Transaction) => Promise<T>): Promise<T> {
    return await this.#sql.begin(
      mode,
      async (driver) => [await work(transactionOf(driver, this.#prepare))] as const,
    ).then(([result]) => result as T);
  }

  /** Closes the connections, once what is under way is done. */
  async close(): Promise<void> {
    await this.#sql.end();
  }
}

function transactionOf(driver: postgres.TransactionSql, prepare: boolean): Transaction {
  const all = (text: string, ...values: PgValue[]) => rowsOf(driver, prepare, text, values);
  return {
    all,
    get: async (text, ...values) => (await all(text, ...values))[0],
    run: (text, ...values) => countOf(driver, prepare, text, values),
    async *pages(size, text, ...values) {
      const query = driver.unsafe(numbered(text), parametersOf(values), { prepare });
      for await (const rows of query.cursor(size)) yield rows as unknown as SqlRow[];
    },
  };
}

async function rowsOf(
  driver: Driver,
  prepare: boolean,
  text: string,
  values: readonly PgValue[],
): Promise<SqlRow[]> {
  const rows = await driver.unsafe(numbered(text), parametersOf(values), { prepare });
  return rows as unknown as SqlRow[];
}

async function countOf(
  driver: Driver,
  prepare: boolean,
  text: string,
  values: readonly PgValue[],
): Promise<number> {
  return (await driver.unsafe(numbered(text), parametersOf(values), { prepare })).count;
}

const texts = new Map<string, string>();

/** Statements by the text that the server takes: its placeholders are `$1`, `$2`, … */
function numbered(text: string): string {
  let known = texts.get(text);
  if (known === undefined) {
    let next = 0;
    known = text.replace(/\?(\d*)/g, (_, at: string) => `$${at || ++next}`);
    // Searches make texts of their own: those must not add up.
    if (texts.size >= 1000) texts.clear();
    texts.set(text, known);
  }
  return known;
}

/** Values in the form that the driver passes on as it is. */
function parametersOf(values: readonly PgValue[]): postgres.ParameterOrJSON<never>[] {
  return values.map((value) => {
    if (Array.isArray(value)) return arrayText(value);
    if (typeof value === "string") assertText(value);
    // The driver writes it as "0".
    return Object.is(value, -0) ? "-0" : value;
  }) as postgres.ParameterOrJSON<never>[];
}

/** The text of an array. */
function arrayText(values: readonly (string | number | bigint)[]): string {
  const items = values.map((value) => {
    if (typeof value !== "string") return Object.is(value, -0) ? "-0" : String(value);
    assertText(value);
    return `"${value.replace(/["\\]/g, "\\$&")}"`;
  });
  return `{${items.join(",")}}`;
}

/** Refuses text that the server does not keep, or not as it is. */
function assertText(text: string): void {
  if (text.includes("\0")) refuse("the character U+0000, which PostgreSQL does not keep");
  if (!text.isWellFormed()) refuse("half a character, which is not valid Unicode");
  function refuse(has: string): never {
    throw new InvalidOptionError(`Cannot use the text ${quote(text)}: it has ${has}; leave it out`);
  }
}

/** Variables that the driver itself asks for, whatever options it is given. */
const ASKED = ["PGAPPNAME", "PGTARGETSESSIONATTRS"];

function optionsFor(server: Server, size: number): postgres.Options<Record<string, never>> {
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
    max: size,
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
  } as unknown as postgres.Options<Record<string, never>>;
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

/** Encryption as the modes mean it: only the last two look at the certificate. */
function sslOf({ sslMode, sslRootCert, host }: Server): unknown {
  if (sslMode === "disable" || host.startsWith("/")) return false;
  if (sslMode === "allow" || sslMode === "prefer") return "prefer";
  const ca = sslRootCert === undefined || sslRootCert === "system"
    ? undefined
    : Deno.readTextFileSync(sslRootCert);
  // As in PostgreSQL's own library, a file of trusted certificates has them checked.
  if (sslMode === "require" && ca === undefined) return { rejectUnauthorized: false };
  return {
    rejectUnauthorized: true,
    ...(ca !== undefined && { ca }),
    ...(sslMode !== "verify-full" && { checkServerIdentity: () => undefined }),
  };
}
