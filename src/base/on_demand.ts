/** Imports that Deno does not follow before they are reached. */

/**
 * The specifier of a module that few need: `await import(onDemand("./chain.ts"))`. Deno downloads what
 * a literal one names before a program starts, whether it is reached or not; this one only when it is.
 * The compiled binary has all of them: its bundler takes them for literal.
 */
export function onDemand(specifier: string): string {
  return specifier;
}
