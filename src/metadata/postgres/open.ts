/** The door to PostgreSQL. Loaded when a URL names a database there. */
import { StorageError } from "../../base/errors.ts";
import type { MetadataStore } from "../metadata_store.ts";

/** How to open a database. */
export interface OpenPostgresOptions {
  /** Whether it is only read. */
  readonly readOnly: boolean;
  /** Whether tables are created where there are none. */
  readonly create: boolean;
  /** Whether a commit waits for the disk of the server. */
  readonly durability: "full" | "relaxed";
  /** How long other writers are waited for, in milliseconds. */
  readonly busyTimeout: number;
  /** The largest number of connections. */
  readonly poolSize: number;
  /** The clock, in epoch milliseconds. */
  readonly now: () => number;
}

/** Opens the metadata of a store in PostgreSQL. */
export function openPostgres(_url: string, _options: OpenPostgresOptions): Promise<MetadataStore> {
  throw new StorageError("open PostgreSQL", "not there yet");
}
