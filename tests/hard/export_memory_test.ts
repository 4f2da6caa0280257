import assert from "node:assert/strict";
import { child } from "../support/children/flags.ts";
import { inTempDir } from "../support/helpers.ts";

const LIMIT = 200 * 1024 ** 2;

/** Bytes; CHACHAML_TEST_SIZE asks for more, which takes its time and its space on the disk. */
const SIZE = Number(Deno.env.get("CHACHAML_TEST_SIZE") ?? 512 * 1024 ** 2);

const linux = Deno.build.os === "linux";

Deno.test({
  name: "export() and import() hold no artifact in memory" +
    (linux ? "" : " (skipped: only Linux tells the most memory that a process has had)"),
  ignore: !linux,
  fn: () =>
    inTempDir(async (dir) => {
      const { success, stdout, stderr } = await child("export_memory_child.ts", [
        dir,
        String(SIZE),
      ]).output();
      assert.ok(success, new TextDecoder().decode(stderr));
      const growth = Number(new TextDecoder().decode(stdout));
      assert.ok(growth < LIMIT, `${growth} bytes more`);
    }),
});
