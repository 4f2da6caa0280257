import assert from "node:assert/strict";
import { join } from "@std/path";
import { assertRefused, chachaml, withStore } from "../support/cli_transfer_helpers.ts";

Deno.test("report prints one HTML file, or saves it and replaces a file only with --force", () =>
  withStore(async (dir) => {
    const { code, err, bytes } = await chachaml(dir, ["report", "r", "s"]);
    assert.deepEqual([code, err], [0, ""]);
    const printed = new TextDecoder().decode(bytes);
    assert.match(printed, /^<!doctype html>/);
    assert.match(printed, /<\/html>\n$/);
    const path = join(dir, "report.html");
    const saved = await chachaml(dir, ["report", "r", "-o", path]);
    assert.deepEqual([saved.code, saved.out], [0, ""]);
    assert.match(await Deno.readTextFile(path), /data-kind="run" data-id="r"/);
    await assertRefused(dir, 2, [[["report", "s", "-o", path], /exists; pass --force/]]);
    assert.equal((await chachaml(dir, ["report", "s", "-fo", path])).code, 0);
    assert.match(await Deno.readTextFile(path), /data-kind="run" data-id="s"/);
  }));

Deno.test("report refuses runs and limits that do not exist, and writes nothing then", () =>
  withStore(async (dir) => {
    const path = join(dir, "report.html");
    await assertRefused(dir, 1, [[["report", "none", "-o", path], /Cannot find run "none"/]]);
    await assertRefused(dir, 2, [
      [["report"], /report needs <run\.\.\.>/],
      [["report", "r", "--max-file", "much", "-o", path], /--max-file takes a size/],
      [["report", "r", "--points", "few", "-o", path], /--points takes a whole number/],
      [["report", "r", "--points", "2", "-o", path], /points must be 3 or more/],
    ]);
    assert.equal(await Deno.stat(path).catch(() => undefined), undefined);
  }));
