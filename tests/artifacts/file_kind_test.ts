import assert from "node:assert/strict";
import { join } from "@std/path";
import { inMemory, inTempDir, testOnFiles } from "../support/helpers.ts";

// Windows knows no such bit.
const test = Deno.build.os === "windows" ? Deno.test.ignore : testOnFiles;

test("a file that can be run can be run where it is saved; others cannot", () =>
  inTempDir((dir) =>
    inMemory(async (store) => {
      const cases: [name: string, mode: number, move: boolean][] = [
        ["run.sh", 0o755, false],
        ["own.sh", 0o700, false],
        ["moved.sh", 0o755, true],
        ["data", 0o644, false],
        ["secret", 0o600, true],
      ];
      for (const [name, mode, move] of cases) {
        const path = join(dir, name);
        await Deno.writeTextFile(path, `#!/bin/sh\necho ${name}\n`, { mode });
        const artifact = await store.artifacts.putFile("r", name, path, { move });
        const saved = join(dir, `saved-${name}`);
        await artifact.saveTo(saved);
        const found = (await Deno.stat(saved)).mode! & 0o111;
        assert.equal(found !== 0, (mode & 0o111) !== 0, name);
        assert.equal((await Deno.stat(artifact.filePath!)).mode! & 0o222, 0, name);
      }
    })
  ));

test("sources and lists of values have types of text", () =>
  inMemory(async (store) => {
    for (const name of ["a.ts", "a.py", "a.jsonl", "a.rs", "a.sh", "a.toml", "B.PY", "a.sql"]) {
      const { contentType } = await store.artifacts.put("r", name, "x");
      assert.match(contentType!, /^text\//, name);
    }
    assert.equal((await store.artifacts.put("r", "py", "x")).contentType, "text/plain");
  }));
