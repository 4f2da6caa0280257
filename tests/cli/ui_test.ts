import assert from "node:assert/strict";
import { chachaml } from "../support/cli_helpers.ts";

/** Calls `ui` until the server has answered once; gives the address that a browser was shown. */
async function showOnce(
  args: readonly string[],
  openUrl: ((url: string) => Promise<boolean>) | undefined,
  wait: (words: string) => boolean,
): Promise<string> {
  const dir = await Deno.makeTempDir();
  const ending = new AbortController();
  let words = "";
  try {
    const { code, err } = await chachaml(dir, ["ui", "--port", "0", ...args], {
      interrupted: () => ending.signal,
      ...openUrl && {
        openUrl: async (url) => {
          const answer = await fetch(url);
          assert.match(await answer.text(), /<div id="app">/);
          const isOpen = await openUrl(url);
          words += `opened ${url}`;
          queueMicrotask(() => ending.abort());
          return isOpen;
        },
      },
      onWords: (text) => {
        words += text;
        if (wait(words)) ending.abort();
      },
    });
    assert.equal(code, 0, err);
    return words;
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test("ui serves the page and opens it in a browser", async () => {
  const words = await showOnce([], () => Promise.resolve(true), () => false);
  assert.match(words, /opened http:\/\/127\.0\.0\.1:\d+/);
  assert.doesNotMatch(words, /Open http/);
});

Deno.test("ui says the address where no browser can be started", async () => {
  const words = await showOnce([], undefined, (words) => words.includes("in a browser"));
  assert.match(words, /Open http:\/\/127\.0\.0\.1:\d+ in a browser/);
});

Deno.test("ui --no-open opens no browser", async () => {
  const words = await showOnce(
    ["--no-open"],
    () => Promise.reject(new Error("a browser was opened")),
    (words) => words.includes("Serving"),
  );
  assert.doesNotMatch(words, /opened|Open http/);
});
