/** Stand-in for `@db/sqlite`, for networks without JSR: reports that it is unavailable. */

/** The connection, as far as the code uses it. */
export declare class Database {
  constructor(
    path: string,
    options: { int64?: boolean; parseJson?: boolean; readonly?: boolean; flags?: number },
  );
  prepare(sql: string): Statement;
  backup(to: Database): void;
  close(): void;
}

/** The prepared statement, as far as the code uses it. */
export declare class Statement {
  run(...values: unknown[]): number;
  get<T extends object>(...values: unknown[]): T | undefined;
  all<T extends object>(...values: unknown[]): T[];
  values<T extends unknown[]>(...values: unknown[]): T[];
  finalize(): void;
}

throw new Error("@db/sqlite comes from JSR, which is out of reach here");
