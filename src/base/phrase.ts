/**
 * Error messages that name options and calls of the library. The names stay data, so that each
 * interface writes its own form: `takeOver: true` in the library, `--take-over` on the command
 * line.
 */

/** An option or a call of the library, named in a message. */
export type Named =
  | { readonly option: string; readonly value?: string | boolean }
  | { readonly call: string };

/** A message with such names in it. */
export class Phrase {
  /** Text and names, in order. */
  readonly parts: readonly (string | Named)[];

  /** Creates a phrase from its parts. */
  constructor(parts: readonly (string | Named)[]) {
    this.parts = parts;
  }

  /** Returns the text, with each name written by `write`. */
  in(write: (named: Named) => string): string {
    return this.parts.map((part) => typeof part === "string" ? part : write(part)).join("");
  }

  /** Returns the text as the library writes it. */
  toString(): string {
    return this.in(inLibrary);
  }
}

/** Tags a template as a phrase: phrase`take it over (${option("takeOver", true)})`. */
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

/** Names an option of the library, with a value if one is recommended. */
export function option(name: string, value?: string | boolean): Named {
  return { option: name, ...(value !== undefined && { value }) };
}

/** Names a call of the library. */
export function call(name: string): Named {
  return { call: name };
}

function inLibrary(named: Named): string {
  if ("call" in named) return `${named.call}()`;
  return named.value === undefined
    ? named.option
    : `${named.option}: ${JSON.stringify(named.value)}`;
}
