import type { RunTable } from "../../metadata/run_table.ts";
import type { StoreContext } from "../../context/compose.ts";
import type { Store } from "../../store/store.ts";

/** What endpoints work with. */
export interface Service {
  /** The store. */
  readonly store: Store;
  /** Its parts, for as long as it is open. */
  readonly context: () => StoreContext;
  /** Its runs as a table. */
  readonly table: () => Promise<RunTable>;
  /** Ends answers that never end by themselves. */
  readonly ending: AbortSignal | undefined;
  /** Whether everything that writes is refused. */
  readonly readOnly: boolean;
}
