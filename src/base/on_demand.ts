/** Imports that Deno does not follow before they are reached. */

/**
 * The specifier of a module that few need: `await import(onDemand("./chain.ts"))`. What a literal one
 * names, Deno downloads and reads before a program starts, whether it is reached or not; this one only
 * when it is. Commands are loaded so, which starts the command line in half the time. The library uses
 * it for what needs a driver of its own only: programs that are compiled have all the rest.
 *
 * The compiled binary has all of them: its bundler takes them for literal. A cast to `typeof import()`
 * keeps the type, and shows the import to the checks.
 */
export function onDemand(specifier: string): string {
  return specifier;
}
