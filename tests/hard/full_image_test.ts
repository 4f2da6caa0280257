/** A disk on which not one byte is left: what is stored can still be read. */
import assert from "node:assert/strict";
import { join } from "@std/path";
import { openStore } from "../../mod.ts";
import { diagnose } from "../../src/maintenance/doctor.ts";
import { inExt4Image, testWithExt4 } from "../support/ext4_image.ts";
import { fillDisk } from "../support/fill_disk.ts";

testWithExt4(
  "doctor warns of little space for the database and for the artifacts",
  () =>
    inExt4Image(16, async ({ dir }) => {
      const path = join(dir, "t.db");
      await (await openStore({ path, driver: "builtin" })).close();
      const little = (await Array.fromAsync(diagnose({ path, driver: "builtin" }))).filter((
        { state, message },
      ) => state === "warning" && /^only \d+ MiB of disk space are left$/.test(message));
      assert.deepEqual(little.map(({ name }) => name), ["database", "directory"]);
    }),
);

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
