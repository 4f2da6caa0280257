/** Types that accept interfaces, optional members and readonly arrays of callers. */

/** Values of metrics by name. Members that are `undefined` are omitted. */
export type MetricValues<T> = T extends readonly unknown[] ? never
  : { readonly [K in keyof T]: number | Extract<T[K], undefined> };

/** {@linkcode MetricValues} without a specific type. */
export type MetricRecord = Readonly<Record<string, number | undefined>>;

/** Tags by name. Members that are `undefined` are omitted. */
export type TagValues<T> = T extends readonly unknown[] ? never
  : { readonly [K in keyof T]: string | Extract<T[K], undefined> };

/** Changes of tags by name: `null` removes a tag, `undefined` keeps it. */
export type TagChanges<T> = T extends readonly unknown[] ? never
  : { readonly [K in keyof T]: string | null | Extract<T[K], undefined> };
