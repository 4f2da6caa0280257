/** Errors of the operating system, as those who read an artifact or open a store meet them. */
import assert from "node:assert/strict";
import { constants } from "node:os";
import { join } from "@std/path";
import { type Artifact, ChachamlError, StorageError } from "../../mod.ts";
import {
  inTempDir,
  openIn,
  testOnFiles,
  testOnOwnFiles,
  testOnSqlite,
} from "../support/helpers.ts";

const LONG = "x".repeat(300);

/** Asserts that an error is the library's own, with a code, a sentence and its cause. */
function isOurs(error: unknown): boolean {
  assert.ok(error instanceof ChachamlError, String(error));
  assert.match(error.code, /^[a-z-]+$/);
  assert.match(error.message, /^Cannot /);
  return true;
}

/** Every way to read an artifact. */
function readings(artifact: Artifact, to: string): (() => Promise<unknown>)[] {
  return [
    () => artifact.bytes(),
    () => artifact.bytes({ start: 1, end: 2 }),
    () => artifact.text({ verify: true }),
    () => artifact.json(),
    () => artifact.stream().getReader().read(),
    () => artifact.saveTo(to),
  ];
}

const CODES = ["EACCES", "EPERM", "EIO", "ELOOP", "ENAMETOOLONG", "EMFILE", "ENOTDIR"] as const;

for (const code of CODES) {
  testOnOwnFiles(
    `reading an artifact gives ${code} as a StorageError`,
    () =>
      inTempDir(async (dir) => {
        await using store = await openIn(dir, { durability: "relaxed" });
        await store.startRun({ id: "r", environment: false });
        const artifact = await store.artifacts.put("r", "a", "bytes");
        const path = artifact.filePath!;
        const { openSync } = Deno;
        const failure = new Error(`failed (os error ${constants.errno[code]})`);
        Deno.openSync = (at, options) => {
          if (at === path) throw failure;
          return openSync(at, options);
        };
        try {
          for (const read of readings(artifact, join(dir, "saved"))) {
            await assert.rejects(read(), (error: Error) => {
              assert.ok(error instanceof StorageError, String(error));
              assert.equal(error.cause, failure);
              assert.doesNotMatch(error.message, /os error/);
              return isOurs(error);
            });
          }
        } finally {
          Deno.openSync = openSync;
        }
        assert.equal(await artifact.text(), "bytes");
      }),
  );
}

testOnFiles(
  "reading what no longer is a file gives an error of a class, with a code",
  () =>
    inTempDir(async (dir) => {
      await using store = await openIn(dir, { durability: "relaxed" });
      await store.startRun({ id: "r", environment: false });
      const artifact = await store.artifacts.put("r", "a", "bytes");
      const path = artifact.filePath!;
      const ways: Record<string, () => Promise<void>> = {
        "a link to itself": () => Deno.symlink(path, path),
        "a directory": () => Deno.mkdir(path),
        "nothing": () => Promise.resolve(),
      };
      for (const make of Object.values(ways)) {
        await Deno.remove(path, { recursive: true }).catch(() => {});
        await make();
        for (const read of readings(artifact, join(dir, "saved"))) {
          await assert.rejects(read(), isOurs);
        }
      }
    }),
);

testOnSqlite(
  "saveTo() and openStore() give what a path runs into as an error with a code",
  () =>
    inTempDir(async (dir) => {
      await using store = await openIn(dir, { durability: "relaxed" });
      await store.startRun({ id: "r", environment: false });
      const artifact = await store.artifacts.put("r", "a", "bytes");
      await Deno.symlink(join(dir, "loop"), join(dir, "loop"));
      await Deno.writeTextFile(join(dir, "file"), "mine");
      await Deno.mkdir(join(dir, "directory"));
      for (
        const at of [LONG, `${LONG}/a`, "loop/a", "file/a", "directory"].map((at) => join(dir, at))
      ) {
        await assert.rejects(artifact.saveTo(at), isOurs);
        await assert.rejects(openIn(dir, { path: at }), isOurs);
        await assert.rejects(openIn(dir, { path: at, readOnly: true }), isOurs);
        if (at === join(dir, "directory")) continue;
        await assert.rejects(openIn(dir, { path: join(dir, "new.db"), artifactDir: at }), isOurs);
      }
      for (const name of [LONG, `${LONG}/${LONG}`]) {
        await assert.rejects(store.artifacts.get("r", name), isOurs);
      }
    }),
);
