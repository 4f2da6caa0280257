/**
 * One connection to a server, by npm's `postgres`. The driver reconnects automatically, after which the
 * remaining statements of a transaction would run outside of it. Therefore a connection runs one
 * statement at a time, and none after it was lost.
 */
import type postgres from "npm:postgres@~3.4.9";
import { InvalidOptionError, quote } from "../../base/errors.ts";
import { onDemand } from "../../base/on_demand.ts";
import type { SqlRow, SqlValue } from "../rows/value.ts";
import { optionsFor } from "./driver_options.ts";
import { asTlsError, failureOf, LostConnectionError } from "./pg_error.ts";
import type { Server } from "./server.ts";

/** A value of a statement. A list is passed as an array of texts or numbers. */
export type PgValue = SqlValue | readonly string[] | readonly (number | bigint)[];

/** Result of a statement. */
type Rows = SqlRow[] & { readonly count: number };

/** Maximum number of named prepared statements per connection, which use memory of the server. */
const MAX_PREPARED = 500;

/** A connection. */
export class Connection {
  readonly #sql: postgres.Sql;
  readonly #mayPrepare: boolean;
  readonly #prepared = new Set<string>();
  #isLost = false;
  /** Settles when the last statement has ended. */
  #last: Promise<unknown> = Promise.resolve();

  private constructor(driver: typeof postgres, server: Server) {
    this.#mayPrepare = server.prepare;
    const onclose = () => void (this.#isLost = true);
    this.#sql = driver(
      { ...optionsFor(server), max: 1, onclose } as postgres.Options<Record<string, never>>,
    );
  }

  /** Creates a connection that connects on first use. */
  static async open(server: Server): Promise<Connection> {
    const driver = await import(onDemand("./driver.ts")) as { readonly default: typeof postgres };
    return new Connection(driver.default, server);
  }

  /** Whether the connection was lost, so that it must not be used any more. */
  get isLost(): boolean {
    return this.#isLost;
  }

  /** Runs a statement after the previous ones. */
  send(text: string, values: readonly PgValue[] = []): Promise<Rows> {
    const parameters = parametersOf(values);
    const prepare = this.#mayPrepare && parameters.length > 0 && this.#prepare(text);
    return this.#inTurn(async () => {
      try {
        const rows = await this.#sql.unsafe(numbered(text), parameters, { prepare });
        return rows as unknown as Rows;
      } catch (caught) {
        const error = asTlsError(caught);
        // The driver may not have noticed yet.
        if (failureOf(error) === "lost") this.#isLost = true;
        throw error;
      }
    });
  }

  /** Yields rows in pages of `size`. Other statements wait until all are read. */
  async *pages(size: number, text: string, values: readonly PgValue[]): AsyncGenerator<SqlRow[]> {
    const parameters = parametersOf(values);
    const done = Promise.withResolvers<void>();
    const ready = this.#last;
    this.#last = done.promise;
    try {
      await ready.catch(() => {});
      this.#requireAlive();
      const query = this.#sql.unsafe(numbered(text), parameters, { simple: false } as never);
      for await (const rows of query.cursor(size)) yield rows as unknown as SqlRow[];
    } finally {
      done.resolve();
    }
  }

  /** Closes the connection after pending statements. */
  async close(): Promise<void> {
    await this.#sql.end(this.#isLost ? { timeout: 0 } : {}).catch(() => {});
  }

  #prepare(text: string): boolean {
    if (this.#prepared.size >= MAX_PREPARED && !this.#prepared.has(text)) return false;
    this.#prepared.add(text);
    return true;
  }

  #inTurn<T>(call: () => Promise<T>): Promise<T> {
    const result = this.#last.then(() => {
      this.#requireAlive();
      return call();
    });
    this.#last = result.catch(() => {});
    return result;
  }

  #requireAlive(): void {
    if (this.#isLost) throw new LostConnectionError();
  }
}

const texts = new Map<string, string>();

/** Returns a statement with the server's placeholders: `$1`, `$2`, … */
function numbered(text: string): string {
  let known = texts.get(text);
  if (known === undefined) {
    let next = 0;
    known = text.replace(/\?(\d*)/g, (_, at: string) => `$${at || ++next}`);
    // Searches create ever new texts; the cache must not grow without limit.
    if (texts.size >= 1000) texts.clear();
    texts.set(text, known);
  }
  return known;
}

/** Converts values to a form that the driver passes on unchanged. */
function parametersOf(values: readonly PgValue[]): postgres.ParameterOrJSON<never>[] {
  return values.map((value) => {
    if (Array.isArray(value)) return arrayText(value);
    if (typeof value === "string") assertText(value);
    // The driver writes it as "0".
    return Object.is(value, -0) ? "-0" : value;
  }) as postgres.ParameterOrJSON<never>[];
}

/** Returns the text of an array. */
function arrayText(values: readonly (string | number | bigint)[]): string {
  const items = values.map((value) => {
    if (typeof value !== "string") return Object.is(value, -0) ? "-0" : String(value);
    assertText(value);
    return `"${value.replace(/["\\]/g, "\\$&")}"`;
  });
  return `{${items.join(",")}}`;
}

/** Checks that the server can store a text unchanged. */
function assertText(text: string): void {
  if (text.includes("\0")) refuse("the character U+0000, which PostgreSQL does not keep");
  if (!text.isWellFormed()) refuse("half a character, which is not valid Unicode");
  function refuse(has: string): never {
    throw new InvalidOptionError(`Cannot use the text ${quote(text)}: it has ${has}; leave it out`);
  }
}
