/** A disk on which not one byte is left: what is stored can still be read. */
import assert from "node:assert/strict";
import { join } from "@std/path";
import { openStore } from "../../mod.ts";
import { inExt4Image, testWithExt4 } from "../support/ext4_image.ts";

/** Writes until nothing more fits. */
function fillDisk(path: string): void {
  using file = Deno.openSync(path, { create: true, append: true });
  for (let chunk = new Uint8Array(1024 * 1024); chunk.length > 0;) {
    try {
      file.writeSync(chunk);
    } catch {
      chunk = chunk.subarray(0, chunk.length >> 1);
    }
  }
}

for (const empty of [false, true]) {
  const name = empty ? " with an empty log left behind" : "";
  testWithExt4(
    `on a full disk${name} what is stored can be read`,
    () =>
      inExt4Image(16, async ({ dir }) => {
        const path = join(dir, "t.db");
        {
          await using store = await openStore({ path, driver: "builtin" });
          await store.startRun({ id: "run", environment: false });
          await store.artifacts.put("run", "kept", "kept");
        }
        if (empty) await Deno.writeTextFile(`${path}-wal`, "");
        fillDisk(join(dir, "ballast"));
        await using store = await openStore({ path, driver: "builtin", readOnly: true });
        assert.deepEqual((await store.runs.list()).map(({ id }) => id), ["run"]);
        assert.equal(await (await store.artifacts.get("run", "kept")).text(), "kept");
      }),
  );
}
