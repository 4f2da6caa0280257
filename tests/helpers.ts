/** What the tests share. */
import { join } from "@std/path";
import { type OpenOptions, openStore, type Store } from "../mod.ts";
import { chooseDriver } from "../src/sql/choose_driver.ts";

/** Gives a test a directory of its own, by its real path, and removes it afterwards. */
export async function inTempDir(work: (dir: string) => Promise<void>): Promise<void> {
  const dir = await Deno.realPath(await Deno.makeTempDir({ prefix: "chachaml-test-" }));
  try {
    await work(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

/** Opens a store with the built-in driver below `dir`, whatever the default would be. */
export function openIn(dir: string, options: OpenOptions = {}): Promise<Store> {
  return openStore({ path: join(dir, "t.db"), driver: "builtin", ...options });
}

const ffiMissing: string | undefined = await chooseDriver("ffi").then(
  () => undefined,
  (error) => (error as Error).message,
);

/** Declares a test for each driver; where one cannot be had, its test is skipped and says why. */
export function testEachDriver(
  name: string,
  test: (driver: "ffi" | "builtin", step: Deno.TestContext) => Promise<void>,
): void {
  Deno.test(`${name} [builtin]`, (step) => test("builtin", step));
  if (ffiMissing === undefined) Deno.test(`${name} [ffi]`, (step) => test("ffi", step));
  else Deno.test.ignore(`${name} [ffi] (skipped: ${ffiMissing})`, () => {});
}

/** Every file and folder below a directory, sorted, except the staging folder itself. */
export function tree(dir: string, under = ""): string[] {
  const names: string[] = [];
  for (const entry of Deno.readDirSync(join(dir, under))) {
    const name = under === "" ? entry.name : `${under}/${entry.name}`;
    if (name !== ".staging") names.push(name);
    if (entry.isDirectory) names.push(...tree(dir, name));
  }
  return names.sort();
}
