/** EDN as it is written: one form for each value, with its exact text. */

/** A form; `text` is what stands for it, without blanks and comments around it. */
export type Form = Atom | Collection | Tagged;

/** A form that holds no other. */
export type Atom =
  // What JavaScript has by itself; `-0` is the only float that has to be distinguished from an integer.
  | { readonly type: "plain"; readonly value: null | boolean | string | number; text: string }
  // Beyond the safe range, or with the suffix N, which asks for arbitrary precision.
  | { readonly type: "integer"; readonly value: bigint; readonly suffixed: boolean; text: string }
  | { readonly type: "decimal"; readonly value: number; text: string }
  | {
    readonly type: "ratio";
    readonly numerator: bigint;
    readonly denominator: bigint;
    text: string;
  }
  | { readonly type: "keyword" | "symbol"; readonly name: string; text: string }
  | { readonly type: "character"; readonly value: string; text: string };

/** A form that holds others; those of a map are key, value, key, value, and so on. */
export interface Collection {
  readonly type: "vector" | "list" | "set" | "map";
  readonly items: readonly Form[];
  text: string;
}

/** A form with a tag in front of it. */
export interface Tagged {
  readonly type: "tagged";
  readonly tag: string;
  readonly item: Form;
  text: string;
}

/** Text that is no EDN; never leaves this directory. */
export class EdnSyntaxError extends Error {}
