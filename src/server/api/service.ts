import type { RunTable } from "../../metadata/run_table.ts";
import type { StoreContext } from "../../context/compose.ts";
import type { Store } from "../../store/store.ts";

/** Dependencies of endpoints. */
export interface Service {
  /** The store. */
  readonly store: Store;
  /** Returns the composition of the store; throws once it is closed. */
  readonly context: () => StoreContext;
  /** Returns the table of runs. */
  readonly table: () => Promise<RunTable>;
  /** Ends endless responses. */
  readonly ending: AbortSignal | undefined;
  /** Whether writes are rejected. */
  readonly readOnly: boolean;
}
