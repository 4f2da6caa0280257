/** A real browser on a real server, for tests of the page. */
import {
  type Browser,
  type BrowserContextOptions,
  chromium,
  type Page,
} from "npm:playwright-core@~1.65.1";
import { openStore, type Store } from "@chachaml/store";
import { createHandler, type HandlerOptions } from "@chachaml/store/server";

/** Debian's Chromium; another one by the variable. */
const CHROMIUM = Deno.env.get("CHACHAML_CHROMIUM") ?? "/usr/bin/chromium";

/** Why no test can run; `undefined` if they can. */
const noBrowser = Deno.env.get("CHACHAML_PAGE") === undefined
  ? "run by deno task test:page"
  : await Deno.stat(CHROMIUM).then(() => undefined, () => `there is no ${CHROMIUM}`);

/** What a test has. */
export interface Tools {
  readonly store: Store;
  readonly url: string;
  readonly page: Page;
  /** What the page has complained of: errors of scripts, of its policy, of requests. */
  readonly complaints: string[];
  /** All that was fetched; what the policy of the page stops is not. */
  readonly requests: string[];
  /** Opens another page on the same server. */
  readonly open: (hash: string, options?: BrowserContextOptions) => Promise<Page>;
  /** Opens another address. */
  readonly openAt: (address: string, options?: BrowserContextOptions) => Promise<Page>;
  /** Ends the server, and begins it again at the same address. */
  readonly server: { end: () => Promise<void>; begin: () => void };
}

/** How a test's server and browser are. */
export interface Around extends HandlerOptions {
  readonly context?: BrowserContextOptions;
  /** What the test lacks besides a browser. */
  readonly missing?: string | undefined;
  /** Fills the store before the page opens. */
  readonly fill?: (store: Store) => Promise<void>;
}

let browser: Promise<Browser> | undefined;

function launch(): Promise<Browser> {
  return browser ??= chromium.launch({
    executablePath: CHROMIUM,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

globalThis.addEventListener("unload", () => void browser?.then((browser) => browser.close()));

/** A test with a store, a server and a page; left out where there is no browser. */
export function pageTest(
  name: string,
  work: (tools: Tools) => Promise<void>,
  { context = {}, fill, missing: lacks, ...options }: Around = {},
): void {
  const missing = noBrowser ?? lacks;
  Deno.test({
    name: missing === undefined ? name : `${name} (skipped: ${missing})`,
    ignore: missing !== undefined,
    // The browser serves all tests of a file.
    sanitizeOps: false,
    sanitizeResources: false,
    fn: async () => {
      await using store = await openStore({ inMemory: true });
      await fill?.(store);
      const handler = createHandler(store, options);
      let closing = new AbortController();
      const begin = (port: number) =>
        Deno.serve({
          hostname: "127.0.0.1",
          port,
          signal: (closing = new AbortController()).signal,
          onListen: () => {},
        }, handler);
      let server = begin(0);
      const { port } = server.addr;
      const url = `http://127.0.0.1:${port}`;
      const [complaints, requests]: [string[], string[]] = [[], []];
      const contexts: { close: () => Promise<void> }[] = [];
      const openAt = async (address: string, more: BrowserContextOptions = {}) => {
        const own = await (await launch()).newContext({
          viewport: { width: 1440, height: 900 },
          timezoneId: "Europe/Berlin",
          ...context,
          ...more,
        });
        contexts.push(own);
        const page = await own.newPage();
        page.setDefaultTimeout(15_000);
        page.on("pageerror", (error) => complaints.push(String(error.stack ?? error)));
        page.on("console", (message) => {
          if (message.type() === "error") complaints.push(message.text());
        });
        page.on("requestfinished", (request) => requests.push(request.url()));
        await page.goto(address);
        return page;
      };
      const open: Tools["open"] = (hash, more) => openAt(`${url}/${hash}`, more);
      try {
        const page = await open("");
        await work({
          store,
          url,
          page,
          complaints,
          requests,
          open,
          openAt,
          server: {
            end: async () => {
              closing.abort();
              await server.finished;
            },
            begin: () => void (server = begin(port)),
          },
        });
      } finally {
        for (const one of contexts) await one.close();
        closing.abort();
        await server.finished;
      }
    },
  });
}

/** Changes the part of the address that follows `#`. */
export async function go(page: Page, hash: string): Promise<void> {
  await page.evaluate((hash) => {
    (globalThis as unknown as { location: { hash: string } }).location.hash = hash;
  }, hash);
}

/** Fills a store with runs of a small sweep; gives their ids in order. */
export async function fillSweep(store: Store, count = 6): Promise<string[]> {
  const ids: string[] = [];
  for (let at = 0; at < count; at++) {
    const lr = [0.1, 0.03, 0.01][at % 3]!;
    const run = await store.startRun({
      experiment: at % 2 === 0 ? "digits" : "iris",
      name: `run-${at}`,
      tags: { owner: at % 2 === 0 ? "ana" : "wei" },
      environment: false,
    });
    await run.logParams({ lr, depth: at, optimizer: at % 2 === 0 ? "adam" : "sgd" });
    for (let step = 0; step < 20; step++) {
      run.log({ loss: (at + 1) / (step + 1), accuracy: 1 - 1 / (step + 2 + at) }, { step });
    }
    await run.put("config.json", { lr });
    await run.end(at === 4 ? { status: "failed", error: "ValueError: no" } : {});
    ids.push(run.id);
  }
  return ids;
}

/** Milliseconds that a state of the page is waited for. */
const PATIENCE = 15_000;

/**
 * Waits until something is so. The page's policy lets no test evaluate text in it.
 *
 * @throws {Error} If it is not so in time.
 */
export async function until(isSo: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + PATIENCE;
  while (!await isSo()) {
    if (Date.now() > end) throw new Error(`It is not so: ${isSo}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Waits until a page has so many of something. */
export async function waitForCount(page: Page, selector: string, count: number): Promise<void> {
  let found = -1;
  await until(async () => (found = await page.locator(selector).count()) === count).catch(() => {
    throw new Error(`${found} of ${selector}, not ${count}`);
  });
}
