import assert from "node:assert/strict";
import { join } from "@std/path";
import { DriverError } from "../../mod.ts";
import { noteOpenFile } from "../../src/metadata/sqlite/open_files.ts";
import { inTempDir } from "../support/helpers.ts";

Deno.test("two drivers on one file are refused over all Workers of a process", () =>
  inTempDir(async (dir) => {
    const path = join(dir, "t.db");
    await Deno.writeTextFile(path, "");
    const worker = new Worker(new URL("../support/children/note_open_file.ts", import.meta.url), {
      type: "module",
    });
    const ask = (message: unknown) =>
      new Promise<unknown>((resolve) => {
        worker.onmessage = ({ data }) => resolve(data);
        worker.postMessage(message);
      });
    try {
      assert.equal(await ask({ path, driver: "ffi" }), "done");
      assert.throws(() => noteOpenFile(path, "builtin", "read"), DriverError);
      const forget = noteOpenFile(path, "ffi", "read");
      assert.equal(await ask(null), "done");
      assert.throws(() => noteOpenFile(path, "builtin", "read"), DriverError);
      forget();
      noteOpenFile(path, "builtin", "read")();
      const again = noteOpenFile(path, "builtin", "read");
      assert.match(String(await ask({ path, driver: "ffi" })), /open with the builtin driver/);
      again();
      assert.equal(await ask({ path, driver: "ffi" }), "done");
      assert.equal(await ask(null), "done");
      assert.deepEqual(
        Object.keys(Deno.env.toObject()).filter((name) => /CHACHAML_OPEN/.test(name)),
        [],
      );
    } finally {
      worker.terminate();
    }
  }));
