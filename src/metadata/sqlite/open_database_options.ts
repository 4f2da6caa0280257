import type { SqlDriver } from "./sql_driver.ts";

/** How to open a database. */
export interface OpenDatabaseOptions {
  /** Absolute path, or `undefined` for memory. */
  readonly path: string | undefined;
  /** The binding. */
  readonly driver: SqlDriver;
  /** Whether nothing may be written, not even beside the file. */
  readonly readOnly: boolean;
  /** `"full"` syncs each commit to disk. */
  readonly durability: "full" | "relaxed";
  /** Milliseconds to wait for other writers. */
  readonly busyTimeout: number;
}
