/** A database beyond 2 GiB is read in the memory that the answer takes. */
import assert from "node:assert/strict";
import { join } from "@std/path";
import { child } from "../support/children/flags.ts";
import { inTempDir, openIn } from "../support/helpers.ts";

const PAGE = 4096;
const PAGES = Math.ceil(2.2 * 2 ** 30 / PAGE);

/** SQLite never uses the page of its lock bytes. */
const LOCK_PAGE = 2 ** 30 / PAGE + 1;

/** Pages that one page of the list of free pages can name. */
const NAMED = PAGE / 4 - 2;

/** Has a database end in free pages: holes in the file, but for those that list the others. */
function addFreePages(path: string): void {
  using file = Deno.openSync(path, { read: true, write: true });
  const head = new Uint8Array(100);
  file.readSync(head);
  const view = new DataView(head.buffer);
  assert.equal(view.getUint16(16), PAGE);
  assert.equal(view.getUint32(36), 0, "it has free pages already");
  const first = view.getUint32(28) + 1;
  const free = Array.from({ length: PAGES - first + 1 }, (_, at) => first + at)
    .filter((page) => page !== LOCK_PAGE);
  for (let at = 0; at < free.length; at += NAMED + 1) {
    const list = new DataView(new ArrayBuffer(PAGE));
    const named = free.slice(at + 1, at + 1 + NAMED);
    list.setUint32(0, free[at + 1 + NAMED] ?? 0);
    list.setUint32(4, named.length);
    for (const [index, page] of named.entries()) list.setUint32(8 + index * 4, page);
    file.seekSync((free[at]! - 1) * PAGE, Deno.SeekMode.Start);
    file.writeSync(new Uint8Array(list.buffer));
  }
  file.truncateSync(PAGES * PAGE);
  view.setUint32(28, PAGES);
  view.setUint32(32, free[0]!);
  view.setUint32(36, free.length);
  file.seekSync(0, Deno.SeekMode.Start);
  file.writeSync(head);
}

Deno.test({
  name: "a database beyond 2 GiB is read without loading it into memory",
  ignore: Deno.build.os !== "linux",
  fn: () =>
    inTempDir(async (dir) => {
      await using store = await openIn(dir);
      await store.startRun({ id: "run", environment: false });
      await store.artifacts.put("run", "kept", "small");
      await store.metrics.log("run", { loss: 1 });
      await store.close();
      const path = join(dir, "t.db");
      addFreePages(path);
      const { stdout, stderr } = await child("large_reader.ts", [path]).output();
      const [said, errors] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
      assert.notEqual(said, "", errors);
      const { peak, ...found } = JSON.parse(said!);
      assert.deepEqual(found, {
        ...{ runs: ["run"], points: 1, info: 1, text: "small", checks: [] },
      });
      assert.ok(peak < 400, `it takes ${peak} MiB`);
    }),
});
