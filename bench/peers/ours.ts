/** The operations of the library that are compared, each in a process of its own. */
import { join } from "@std/path";
import { openStore, restoreStore } from "@chachaml/store";

/** Artifacts that one of several processes puts. */
const PUTS = 200;

const RUN = "run";

const driver = "builtin";

/** Operations by name. The first argument is the directory of the store. */
const OPERATIONS: Record<string, (path: string, ...args: string[]) => Promise<unknown>> = {
  async directory(path, from) {
    await using store = await openStore({ path, driver });
    const { id } = await store.startRun({ id: RUN });
    await store.artifacts.putDirectory(id, from!);
  },
  async each(path, from) {
    await using store = await openStore({ path, driver });
    const { id } = await store.startRun({ id: RUN });
    for await (const { name } of Deno.readDir(from!)) {
      await store.artifacts.putFile(id, name, join(from!, name));
    }
  },
  async puts(path, process, count = String(PUTS)) {
    await using store = await openStore({ path, driver });
    const bytes = crypto.getRandomValues(new Uint8Array(10_000));
    for (let at = 0; at < Number(count); at++) {
      await store.artifacts.put(RUN, `${process}/${at}.bin`, bytes);
    }
  },
  async open(path) {
    await using store = await openStore({ path, driver });
    await store.startRun({ id: RUN });
  },
  async backup(path, to) {
    await using store = await openStore({ path, driver });
    await store.backup(to!);
  },
  async restore(path, from) {
    await restoreStore(from!, { path, driver });
  },
  async export(path, to) {
    await using store = await openStore({ path, driver });
    using file = await Deno.open(to!, { create: true, write: true, truncate: true });
    for await (const chunk of await store.export([RUN])) {
      for (let at = 0; at < chunk.length;) at += await file.write(chunk.subarray(at));
    }
    await file.sync();
  },
  async import(path, from) {
    await using store = await openStore({ path, driver });
    await store.import((await Deno.open(from!)).readable);
  },
  async verify(path) {
    await using store = await openStore({ path, driver });
    const { damaged } = await store.verify().summary();
    if (damaged !== 0) throw new Error(`${damaged} are damaged`);
  },
};

if (import.meta.main) {
  const [name, directory, ...args] = Deno.args;
  await OPERATIONS[name!]!(join(directory!, "t.db"), ...args);
}
