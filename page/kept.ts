/** What the browser remembers for the user, where it keeps anything. */

/** The value that was kept under a name; `undefined` if there is none. */
export function readKept(key: string): string | undefined {
  try {
    return localStorage.getItem(key) ?? undefined;
  } catch {
    return undefined; // A browser may keep nothing.
  }
}

/** Keeps a value under a name. */
export function keep(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // It holds until the page is closed.
  }
}
