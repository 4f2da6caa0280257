import type { Lifecycle } from "./lifecycle.ts";

/** Access to the internals of a store for the layers above it. */
const LIFECYCLES = new WeakMap<object, Lifecycle>();

/** Registers the lifecycle of a store. */
export function noteLifecycle(store: object, lifecycle: Lifecycle): void {
  LIFECYCLES.set(store, lifecycle);
}

/** Returns the lifecycle of a store. */
export function lifecycleOf(store: object): Lifecycle {
  return LIFECYCLES.get(store)!;
}
