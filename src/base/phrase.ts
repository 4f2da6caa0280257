/**
 * Words of an error that name an option or a call of the library. They stay data, so that each
 * interface names its own: the library `takeOver: true`, the command line `--take-over`.
 */

/** Something of the library that a message names. */
export type Named =
  | { readonly option: string; readonly value?: string | boolean }
  | { readonly call: string };

/** Words with names of the library in them. */
export class Phrase {
  /** Words and names, in order. */
  readonly parts: readonly (string | Named)[];

  /** Makes a phrase of its parts. */
  constructor(parts: readonly (string | Named)[]) {
    this.parts = parts;
  }

  /** The words, each name written by `write`. */
  in(write: (named: Named) => string): string {
    return this.parts.map((part) => typeof part === "string" ? part : write(part)).join("");
  }

  /** The words, as the library writes them. */
  toString(): string {
    return this.in(inLibrary);
  }
}

/** Makes a phrase: phrase`take it over (${option("takeOver", true)})`. */
export function phrase(
  words: TemplateStringsArray,
  ...values: readonly (string | number | Named | Phrase)[]
): Phrase {
  const parts = words.flatMap((text, at): (string | Named)[] => {
    const value = values[at];
    if (value === undefined) return [text];
    if (value instanceof Phrase) return [text, ...value.parts];
    return [text, typeof value === "number" ? String(value) : value];
  });
  return new Phrase(parts);
}

/** An option of the library, with the value to give it. */
export function option(name: string, value?: string | boolean): Named {
  return { option: name, ...(value !== undefined && { value }) };
}

/** A call of the library. */
export function call(name: string): Named {
  return { call: name };
}

function inLibrary(named: Named): string {
  if ("call" in named) return `${named.call}()`;
  return named.value === undefined
    ? named.option
    : `${named.option}: ${JSON.stringify(named.value)}`;
}
