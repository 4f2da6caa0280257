/** Width of text on a terminal. */

/** Returns the width of printable text, in columns. */
export type Measure = (text: string) => number;

/** Returns a measure for some texts. The library for wide characters is loaded only if needed. */
export async function measureFor(texts: Iterable<string>): Promise<Measure> {
  for (const text of texts) {
    if (!/^[\x20-\x7e…]*$/.test(text)) {
      return (await import("npm:string-width@~7.2.0")).default;
    }
  }
  return (text) => text.length;
}
