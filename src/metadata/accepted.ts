/** Types that take what programs have at hand: interfaces, optional members, readonly arrays. */

/** Values of metrics by name. A member that is `undefined` is left out. */
export type MetricValues<T> = T extends readonly unknown[] ? never
  : { readonly [K in keyof T]: number | Extract<T[K], undefined> };

/** {@linkcode MetricValues} of no particular type. */
export type MetricRecord = Readonly<Record<string, number | undefined>>;

/** Tags by name. A member that is `undefined` is left out. */
export type TagValues<T> = T extends readonly unknown[] ? never
  : { readonly [K in keyof T]: string | Extract<T[K], undefined> };

/** Changes of tags by name: `null` removes one, `undefined` leaves it as it is. */
export type TagChanges<T> = T extends readonly unknown[] ? never
  : { readonly [K in keyof T]: string | null | Extract<T[K], undefined> };
