import type { Lifecycle } from "./lifecycle.ts";

/** What rooms above the store need of it, and its users do not. */
const LIFECYCLES = new WeakMap<object, Lifecycle>();

/** Notes the lifecycle of a store. */
export function noteLifecycle(store: object, lifecycle: Lifecycle): void {
  LIFECYCLES.set(store, lifecycle);
}

/** The lifecycle of a store: its context, for as long as it is open. */
export function lifecycleOf(store: object): Lifecycle {
  return LIFECYCLES.get(store)!;
}
