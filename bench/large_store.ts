/**
 * Times backup and restore where they are large, and tells the most memory that the process had:
 *
 * - `large_store.ts many`: 20,000 artifacts of 1 KB, of which 100 are lost and restored;
 * - `large_store.ts large`: one artifact of 4 GiB.
 */
import { join } from "@std/path";
import { openStore, restoreStore } from "@chachaml/store";

const [what = "many"] = Deno.args;
const dir = await Deno.makeTempDir({ prefix: "chachaml-bench-" });
const [path, backup, again] = [join(dir, "t.db"), join(dir, "b"), join(dir, "again/t.db")];

async function time<T>(name: string, work: () => Promise<T>): Promise<T> {
  const start = performance.now();
  const result = await work();
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`${name.padEnd(40)} ${seconds.padStart(6)} s   ${await mostMemory()} at most`);
  return result;
}

async function mostMemory(): Promise<string> {
  const status = await Deno.readTextFile("/proc/self/status").catch(() => "");
  const kilobytes = Number(/VmHWM:\s*(\d+) kB/.exec(status)?.[1] ?? NaN);
  return `${Math.round(kilobytes / 1024)} MiB`;
}

function expect(found: unknown, wanted: unknown): void {
  if (found !== wanted) throw new Error(`${found} where ${wanted} was to be`);
}

async function many(): Promise<void> {
  const count = 20_000;
  await using store = await openStore({ path, driver: "builtin", durability: "relaxed" });
  const { id } = await store.startRun();
  await time(`put ${count} of 1 KB`, async () => {
    for (let at = 0; at < count; at += 500) {
      await Promise.all(Array.from({ length: 500 }, (_, more) => {
        const number = String(at + more).padStart(8, "0");
        return store.artifacts.put(id, `${number.slice(0, 6)}/${number}`, number.repeat(128));
      }));
    }
  });
  const first = await time("first backup", () => store.backup(backup));
  expect(first.copied, count);
  const second = await time("second backup, nothing new", () => store.backup(backup));
  expect(second.copied, 0);
  expect(second.artifacts, count);
  const linked = await time(
    "first backup with link",
    () => store.backup(`${backup}2`, { link: true }),
  );
  expect(linked.copied, count);
  for (const { filePath } of (await store.artifacts.find({ limit: 100 }))) {
    await Deno.remove(filePath!);
  }
  await store.close();
  const dryRun = await time(
    "restore 100, dry run",
    () => restoreStore(backup, { path, driver: "builtin", dryRun: true }),
  );
  expect(dryRun.restored.length, 100);
  const restored = await time(
    "restore 100",
    () => restoreStore(backup, { path, driver: "builtin" }),
  );
  expect(restored.restored.length, 100);
  const all = await time(
    "restore all to a new place",
    () => restoreStore(backup, { path: again, driver: "builtin" }),
  );
  expect(all.restored.length, count);
}

async function large(): Promise<void> {
  const size = 4 * 2 ** 30;
  const source = join(dir, "source");
  await Deno.writeTextFile(source, "not all of it is zeros");
  await Deno.truncate(source, size);
  await using store = await openStore({ path, driver: "builtin" });
  const { id } = await store.startRun();
  const artifact = await time("put 4 GiB", () => store.artifacts.putFile(id, "large", source));
  expect(artifact.size, size);
  expect((await time("backup", () => store.backup(backup))).copiedBytes, size);
  expect((await time("second backup", () => store.backup(backup))).copied, 0);
  await Deno.remove(artifact.filePath!);
  await store.close();
  const missing = await time(
    "restore the one that is missing",
    () => restoreStore(backup, { path, driver: "builtin" }),
  );
  expect(missing.bytes, size);
  await Deno.remove(artifact.filePath!);
  const all = await time(
    "restore to a new place",
    () => restoreStore(backup, { path: again, driver: "builtin" }),
  );
  expect(all.bytes, size);
}

try {
  await (what === "large" ? large() : many());
} finally {
  await Deno.remove(dir, { recursive: true });
}
