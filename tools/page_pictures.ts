/**
 * Takes the pictures of the page for the documentation: a store with a small sweep, served by the real
 * server, in Debian's `chromium`.
 */
import { fromFileUrl, join } from "@std/path";
import { chromium, type Page } from "npm:playwright-core@~1.65.1";
import { openStore, type Store } from "../mod.ts";
import { createHandler } from "../src/server/mod.ts";

/** Bytes that a picture may have: it is kept in the repository. */
const MAX_SIZE = 150_000;

const target = fromFileUrl(new URL("../docs/pictures", import.meta.url));
await using store = await openStore({ inMemory: true });
const ids = await fill(store);
const server = Deno.serve(
  { hostname: "127.0.0.1", port: 0, onListen: () => {} },
  createHandler(store),
);
const url = `http://127.0.0.1:${server.addr.port}`;
const browser = await chromium.launch({
  executablePath: Deno.env.get("CHACHAML_CHROMIUM") ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu"],
});
try {
  const all = ids.slice(0, 8).join();
  await photograph("page_runs", "light", "#/experiments/digits", ".spark path");
  await photograph("page_run", "dark", `#/runs/${ids[0]}/charts`, ".card canvas");
  await photograph(
    "page_compare",
    "light",
    `#/compare?runs=${all}&tab=curves&group=params.optimizer`,
    ".card canvas",
  );
} finally {
  await browser.close();
  await server.shutdown();
}

async function photograph(
  name: string,
  colorScheme: "light" | "dark",
  hash: string,
  ready: string,
): Promise<void> {
  const page: Page = await browser.newPage({
    viewport: { width: 1280, height: 720 },
    colorScheme,
  });
  await page.goto(`${url}/${hash}`);
  await page.waitForSelector(ready);
  await page.waitForSelector(".connection-live");
  await page.waitForTimeout(1500);
  const path = join(target, `${name}.png`);
  await page.screenshot({ path });
  await page.close();
  const { size } = await Deno.stat(path);
  console.log(`${path}: ${size} bytes`);
  if (size > MAX_SIZE) throw new Error(`${path} has ${size} bytes`);
}

/** Fills the store with a sweep; gives the ids of its runs. */
async function fill(store: Store): Promise<string[]> {
  let seed = 7;
  const random = () => (seed = seed * 48271 % 2147483647) / 2147483647;
  const made: string[] = [];
  for (let at = 0; at < 22; at++) {
    const lr = [0.001, 0.003, 0.01, 0.03][at % 4]!;
    const optimizer = ["adam", "sgd", "rmsprop"][at % 3]!;
    const run = await store.startRun({
      experiment: at % 5 === 4 ? "iris" : "digits",
      name: `${optimizer}-${lr}-${at}`,
      createdBy: ["ana", "wei"][at % 2]!,
      environment: false,
    });
    await run.logParams({ lr, optimizer, depth: 2 + at % 3, batch_size: 32 << (at % 3) });
    const floor = 0.08 + random() * 0.12 + lr;
    for (let step = 0; step < 150; step++) {
      const loss = floor + 2.2 * Math.exp(-step / (18 + 8 * (at % 3))) + (random() - 0.5) * 0.06;
      run.log({
        loss,
        accuracy: 1 - loss / 2.7,
        "val/loss": loss * 1.1 + 0.03,
        "val/f1": 1 - loss / 2.4,
        lr: lr * (1 - step / 150),
      }, { step: step * 10 });
    }
    await run.put("config.json", { lr, optimizer });
    if (at === 21) await run.flush();
    else if (at % 9 === 8) await run.end({ status: "failed", error: "ValueError: loss is NaN" });
    else await run.end();
    made.push(run.id);
  }
  return made.filter((_, at) => at % 5 !== 4);
}
