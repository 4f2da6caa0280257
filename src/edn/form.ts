/** Parsed EDN: one form per value, with its exact text. */

/** A form. `text` is its source, without surrounding blanks and comments. */
export type Form = Atom | Collection | Tagged;

/** A form without nested forms. */
export type Atom =
  // A JavaScript primitive; among floats only `-0` must stay distinct from an integer.
  | { readonly type: "plain"; readonly value: null | boolean | string | number; text: string }
  // Outside the safe range, or with the suffix N for arbitrary precision.
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

/** A form with nested forms. Items of a map alternate: key, value, key, value. */
export interface Collection {
  readonly type: "vector" | "list" | "set" | "map";
  readonly items: readonly Form[];
  text: string;
}

/** A form preceded by a tag. */
export interface Tagged {
  readonly type: "tagged";
  readonly tag: string;
  readonly item: Form;
  text: string;
}

/** Text is not valid EDN. Never thrown beyond this directory. */
export class EdnSyntaxError extends Error {}
