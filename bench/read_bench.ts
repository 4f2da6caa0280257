/** Reading: an artifact of 10 KB, and one of 256 MiB, beside reading the plain file. */
import { join } from "@std/path";
import { openStore } from "@chachaml/store";

const dir = await Deno.makeTempDir({ prefix: "chachaml-bench-" });
addEventListener("unload", () => Deno.removeSync(dir, { recursive: true }));
const store = await openStore({ path: join(dir, "store.db"), durability: "relaxed" });
const { id } = await store.startRun();
const small = await store.artifacts.put(id, "small.bin", new Uint8Array(10_000));
const large = await store.artifacts.put(id, "large.bin", new Uint8Array(2 ** 28));

Deno.bench("Deno.readFile", { group: "10 KB", baseline: true }, async () => {
  await Deno.readFile(small.filePath!);
});

Deno.bench("get, then bytes", { group: "10 KB" }, async () => {
  await (await store.artifacts.get(id, "small.bin")).bytes();
});

Deno.bench("get, then bytes, verified", { group: "10 KB" }, async () => {
  await (await store.artifacts.get(id, "small.bin")).bytes({ verify: true });
});

const rounds = { group: "256 MiB", n: 10, warmup: 2 };

Deno.bench("sha256sum", { ...rounds, baseline: true }, async () => {
  await new Deno.Command("sha256sum", { args: [large.filePath!], stdout: "null" }).output();
});

Deno.bench("stream, verified", rounds, async () => {
  await large.stream({ verify: true }).pipeTo(new WritableStream());
});

Deno.bench("saveTo", rounds, async (b) => {
  const copy = join(dir, "copy.bin");
  b.start();
  await large.saveTo(copy);
  b.end();
  await Deno.remove(copy);
});
