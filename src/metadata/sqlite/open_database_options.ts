import type { SqlDriver } from "./sql_driver.ts";

/** Options for opening a database. */
export interface OpenDatabaseOptions {
  /** Absolute path; `undefined` for memory. */
  readonly path: string | undefined;
  /** Driver to use. */
  readonly driver: SqlDriver;
  /** Whether nothing may be written, not even beside the file. */
  readonly readOnly: boolean;
  /** `"full"` syncs every commit to disk. */
  readonly durability: "full" | "relaxed";
  /** How long to wait for other writers, in milliseconds. */
  readonly busyTimeout: number;
}
