/**
 * Built-in modules of Node, loaded when they are first used: to import the first one takes a program
 * as long as to start does, and one that only reads metadata needs none.
 */

/** The modules in use. */
interface Builtins {
  readonly "node:async_hooks": typeof import("node:async_hooks");
  readonly "node:crypto": typeof import("node:crypto");
  readonly "node:os": typeof import("node:os");
  readonly "node:process": typeof import("node:process");
  readonly "node:timers": typeof import("node:timers");
}

/** Returns a built-in module. */
export function builtin<Name extends keyof Builtins>(name: Name): Builtins[Name] {
  const { process } = globalThis as unknown as {
    process: { getBuiltinModule(name: string): unknown };
  };
  return process.getBuiltinModule(name) as Builtins[Name];
}
