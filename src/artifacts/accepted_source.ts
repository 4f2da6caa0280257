/** What `put` accepts, as a type: every value with a JSON form, however its type was declared. */
import type { JsonValue, PutSource } from "./put_source.ts";

/**
 * `T` where it is a source of bytes or has a JSON form: an interface, optional members, readonly arrays
 * and what has a `toJSON`, such as a `Date`, included. `never` stands where it has none.
 */
export type AcceptedSource<T> = T extends PutSource ? T : JsonForm<T>;

/** `T` where JSON keeps all of it; `never` stands where it does not. */
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
  : unknown extends T ? T // Checked when it is put.
  : never;
