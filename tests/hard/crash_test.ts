import assert from "node:assert/strict";
import { child } from "../support/children/flags.ts";
import { CASES, prepare, requireSound } from "./crash_cases.ts";
import { inTempDir } from "../support/helpers.ts";

for (const [operation, expected] of Object.entries(CASES)) {
  if (operation === "backup") continue; // It has a test of its own: backup_crash_test.ts.
  Deno.test(`a crash at any step of ${operation} leaves every row true`, async (step) => {
    for (let fatal = 1, over = false; !over; fatal++) {
      await inTempDir(async (dir) => {
        const path = await prepare(dir);
        const args = [path, operation, String(fatal)];
        const { signal, success, stdout, stderr } = await child("crash_child.ts", args).output();
        over = success;
        if (over) {
          const calls = Number(new TextDecoder().decode(stdout));
          // Not always the same number, as a write may be done in parts.
          assert.ok(calls < fatal);
          await step.step(`${calls} steps tried`, () => assert.ok(calls > 2));
        } else assert.equal(signal, "SIGKILL", new TextDecoder().decode(stderr));
        await requireSound(path, dir, expected);
      });
    }
  });
}
