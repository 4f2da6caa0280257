/** Types accepted by `put`: every value with a JSON form, however its type is declared. */
import type { JsonValue, PutSource } from "./put_source.ts";

/**
 * Type `T` if it is a source of bytes or has a JSON form, including interfaces, optional members,
 * readonly arrays and types with `toJSON` such as `Date`; otherwise `never`.
 */
export type AcceptedSource<T> = T extends PutSource ? T : JsonForm<T>;

/** Type `T` if JSON preserves all of it; otherwise `never`. */
export type JsonForm<T> = T extends JsonValue | undefined ? T
  : T extends { toJSON(...args: never[]): unknown } ? T
  : T extends
    | bigint
    | symbol
    | ((...args: never[]) => unknown)
    | ReadonlyMap<unknown, unknown>
    | ReadonlySet<unknown>
    | WeakMap<WeakKey, unknown>
    | WeakSet<WeakKey>
    | RegExp
    | Promise<unknown> ? never
  : T extends readonly (infer E)[] ? readonly JsonForm<E>[]
  : T extends object ? { readonly [K in keyof T]: JsonForm<T[K]> }
  : unknown extends T ? T // Checked at run time.
  : never;
