/**
 * One connection to a server, over npm's `postgres`. The driver connects anew by itself, and what a
 * transaction says after its connection was lost would be said outside of it. So a connection here is
 * used once: one statement at a time, and none any more once it was lost.
 */
import type postgres from "npm:postgres@~3.4.9";
import { InvalidOptionError, quote } from "../../base/errors.ts";
import { onDemand } from "../../base/on_demand.ts";
import type { SqlRow, SqlValue } from "../rows/value.ts";
import { optionsFor } from "./driver_options.ts";
import { failureOf, LostConnectionError } from "./pg_error.ts";
import type { Server } from "./server.ts";

/** A value of a statement: a list stands for an array of texts or numbers. */
export type PgValue = SqlValue | readonly string[] | readonly (number | bigint)[];

/** What the driver gives for a statement. */
type Rows = SqlRow[] & { readonly count: number };

/** Statements that are prepared by name on one connection; more would fill the server's memory. */
const MAX_PREPARED = 500;

/** A connection. */
export class Connection {
  readonly #sql: postgres.Sql;
  readonly #mayPrepare: boolean;
  readonly #prepared = new Set<string>();
  #isLost = false;
  /** Settles when the statement that was sent last has ended. */
  #last: Promise<unknown> = Promise.resolve();

  private constructor(driver: typeof postgres, server: Server) {
    this.#mayPrepare = server.prepare;
    const onclose = () => void (this.#isLost = true);
    this.#sql = driver(
      { ...optionsFor(server), max: 1, onclose } as postgres.Options<Record<string, never>>,
    );
  }

  /** Gives a connection that is made when it is first used. */
  static async open(server: Server): Promise<Connection> {
    const driver = await import(onDemand("./driver.ts")) as { readonly default: typeof postgres };
    return new Connection(driver.default, server);
  }

  /** Whether it was lost, and must not be used any more. */
  get isLost(): boolean {
    return this.#isLost;
  }

  /** Runs a statement once those before it have ended. */
  send(text: string, values: readonly PgValue[] = []): Promise<Rows> {
    const parameters = parametersOf(values);
    const prepare = this.#mayPrepare && parameters.length > 0 && this.#prepare(text);
    return this.#inTurn(async () => {
      try {
        const rows = await this.#sql.unsafe(numbered(text), parameters, { prepare });
        return rows as unknown as Rows;
      } catch (error) {
        // The driver may not know it yet.
        if (failureOf(error) === "lost") this.#isLost = true;
        throw error;
      }
    });
  }

  /** Reads rows, so many at a time. Until all are read, nothing else can be sent. */
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

  /** Ends it, once what is under way is done. */
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
