import type { SqlDialect } from "./dialect.ts";
import type { Script } from "./script.ts";

/** A database that runs scripts. */
export interface ScriptDatabase {
  /** How its SQL differs from that of others. */
  readonly dialect: SqlDialect;
  /** Runs a script that only reads. */
  read<T>(script: () => Script<T>): Promise<T>;
  /** Runs a script in one write transaction. It may be run again after a conflict. */
  write<T>(script: () => Script<T>): Promise<T>;
}
