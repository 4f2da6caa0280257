import assert from "node:assert/strict";
import { join } from "@std/path";
import type { Pager } from "../../src/cli/pager.ts";
import { startPager } from "../../src/cli/pager.ts";
import { chachaml, startRun } from "../support/cli_helpers.ts";
import { inTempDir } from "../support/helpers.ts";

/** A pager that keeps what it is given, and is left after so many writes. */
function fakePager(writes = Infinity): Pager & { readonly text: () => string; closed: number } {
  const parts: Uint8Array[] = [];
  let left = false;
  return {
    closed: 0,
    text: () => parts.map((part) => new TextDecoder().decode(part)).join(""),
    left: () => left,
    write: (data) => {
      if (parts.length >= writes) {
        left = true;
        return Promise.reject(new Deno.errors.BrokenPipe());
      }
      parts.push(data);
      return Promise.resolve();
    },
    close() {
      this.closed++;
      return Promise.resolve();
    },
  };
}

Deno.test("lists go to the pager where there is one, data never", async () => {
  await inTempDir(async (dir) => {
    await startRun(dir, "--id", "r");
    for (const args of [["runs"], ["show", "r"], ["experiments"], ["ls", "r"], ["models"]]) {
      const pager = fakePager();
      const { out, code } = await chachaml(dir, args, {
        startPager: () => Promise.resolve(pager),
      });
      assert.deepEqual([code, out, pager.closed], [0, "", 1], args.join(" "));
      if (args[0] === "runs") assert.match(pager.text(), /EXPERIMENT/);
      const never = () => Promise.reject(new Error("a pager for data"));
      assert.equal((await chachaml(dir, [...args, "--json"], { startPager: never })).code, 0);
    }
    const never = () => Promise.reject(new Error("a pager for a command that changes things"));
    assert.equal((await chachaml(dir, ["end", "r"], { startPager: never })).code, 0);
  });
});

Deno.test("leaving the pager before the end is no failure", async () => {
  await inTempDir(async (dir) => {
    await startRun(dir, "--id", "r");
    const pager = fakePager(0);
    const { code, err } = await chachaml(dir, ["show", "r"], {
      startPager: () => Promise.resolve(pager),
    });
    assert.deepEqual([code, err, pager.closed], [0, "", 1]);
  });
});

Deno.test("the pager is the program that the environment names", async () => {
  await inTempDir(async (dir) => {
    const script = join(dir, "pager");
    const seen = join(dir, "seen");
    await Deno.writeTextFile(script, `#!/bin/sh\n{ cat; echo $LESSCHARSET; } > ${seen}\n`, {
      mode: 0o755,
    });
    const pager = startPager((name) => name === "CHACHAML_PAGER" ? script : undefined)!;
    await pager.write(new TextEncoder().encode("a list\n"));
    await pager.close();
    assert.equal(await Deno.readTextFile(seen), "a list\nutf-8\n");
  });
  assert.equal(startPager(() => "cat"), undefined);
  const dumb: Record<string, string> = { PAGER: "sh", TERM: "dumb" };
  assert.equal(startPager((name) => dumb[name]), undefined, "a terminal that cannot page");
  assert.equal(startPager((name) => name === "PAGER" ? "sh" : undefined), undefined);
  assert.equal(startPager(() => "no-such-program-anywhere"), undefined);
});
