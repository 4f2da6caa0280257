/** How many columns of a terminal text takes. */

/** A measure of printable text. */
export type Measure = (text: string) => number;

/** A measure for some texts: the library that knows wide characters is loaded only for such. */
export async function measureFor(texts: Iterable<string>): Promise<Measure> {
  for (const text of texts) {
    if (!/^[\x20-\x7e…]*$/.test(text)) {
      return (await import("npm:string-width@~7.2.0")).default;
    }
  }
  return (text) => text.length;
}
