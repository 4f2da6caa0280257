/**
 * Built-in modules of Node, loaded on first use: importing the first one takes about as long as
 * starting a program, and commands that only read metadata need none.
 */

/** The built-in modules in use, by specifier. */
interface Builtins {
  readonly "node:async_hooks": typeof import("node:async_hooks");
  readonly "node:crypto": typeof import("node:crypto");
  readonly "node:http": typeof import("node:http");
  readonly "node:https": typeof import("node:https");
  readonly "node:os": typeof import("node:os");
  readonly "node:process": typeof import("node:process");
  readonly "node:timers": typeof import("node:timers");
  readonly "node:tls": typeof import("node:tls");
}

/** Returns a built-in module. */
export function builtin<Name extends keyof Builtins>(name: Name): Builtins[Name] {
  const { process } = globalThis as unknown as {
    process: { getBuiltinModule(name: string): unknown };
  };
  return process.getBuiltinModule(name) as Builtins[Name];
}
