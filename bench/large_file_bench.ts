/**
 * Put of one file of 1 GiB, beside what a person would do by hand: hash it, or copy and hash it.
 * The file is in the page cache for all of them; tidying up is not timed.
 */
import { join } from "@std/path";
import { openStore } from "@chachaml/store";

const SIZE = 2 ** 30;
const CHUNK = 2 ** 24;

const dir = await Deno.makeTempDir({ prefix: "chachaml-bench-" });
const source = join(dir, "model.bin");
await writeRandomFile(source);
addEventListener("unload", () => Deno.removeSync(dir, { recursive: true }));

const rounds = { group: "1 GiB", n: 7, warmup: 2 };

Deno.bench("openssl dgst -sha256", { ...rounds, baseline: true }, async () => {
  await run("openssl", "dgst", "-sha256", source);
});

Deno.bench("cp, then sha256sum", rounds, async (b) => {
  const copy = join(dir, "copy.bin");
  b.start();
  await run("cp", source, copy);
  await run("sha256sum", copy);
  b.end();
  await Deno.remove(copy);
});

for (const durability of ["relaxed", "full"] as const) {
  Deno.bench(`putFile, ${durability} durability`, rounds, async (b) => {
    const store = await openStore({ path: join(dir, `${durability}.db`), durability });
    const { id } = await store.startRun();
    b.start();
    await store.artifacts.putFile(id, "model.bin", source);
    b.end();
    await store.runs.remove(id);
    await store.close();
  });
}

async function run(command: string, ...args: string[]): Promise<void> {
  const { success } = await new Deno.Command(command, { args, stdout: "null" }).output();
  if (!success) throw new Error(`${command} failed`);
}

async function writeRandomFile(path: string): Promise<void> {
  using file = await Deno.open(path, { createNew: true, write: true });
  const chunk = new Uint8Array(CHUNK);
  for (let at = 0; at < CHUNK; at += 65536) crypto.getRandomValues(chunk.subarray(at, at + 65536));
  for (let written = 0; written < SIZE; written += CHUNK) await file.write(chunk);
  await file.sync();
}
