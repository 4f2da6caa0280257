import assert from "node:assert/strict";
import { join } from "@std/path";
import type { Store } from "../../mod.ts";
import { inTempDir, openIn } from "../support/helpers.ts";

/** Gives a test a store that has a staged file which nobody has locked. */
function withStaged(work: (store: Store, path: string) => Promise<void>): Promise<void> {
  return inTempDir(async (dir) => {
    await using store = await openIn(dir);
    const staging = join(store.artifactDir!, ".staging");
    const path = join(staging, crypto.randomUUID());
    await Deno.writeTextFile(path, "staged", { mode: 0o444 });
    await work(store, path);
  });
}

/** Has something happen just before a call of `Deno` for a path; once. */
function before(name: "openSync" | "removeSync", path: string, happen: () => void): Disposable {
  const calls = Deno as unknown as Record<string, (...args: unknown[]) => unknown>;
  const original = calls[name]!;
  const restore = () => void (calls[name] = original);
  calls[name] = (...args) => {
    if (args[0] === path) {
      restore();
      happen();
    }
    return original(...args);
  };
  return { [Symbol.dispose]: restore };
}

Deno.test("verify() takes a staged file that its writer lets go of meanwhile for no leftover", () =>
  withStaged(async (store, path) => {
    using _ = before("openSync", path, () => Deno.removeSync(path));
    assert.deepEqual(await Array.fromAsync(store.verify()), []);
    await assert.rejects(Deno.lstat(path), Deno.errors.NotFound);
  }));

Deno.test("verify() takes a staged file that its writer locks a moment later for no leftover", () =>
  withStaged(async (store, path) => {
    using writer = Deno.openSync(path);
    const verifying = Array.fromAsync(store.verify());
    setTimeout(() => writer.lockSync(true), 10);
    assert.deepEqual(await verifying, []);
  }));

Deno.test("verify() tells of a staged file that nobody locks", () =>
  withStaged(async (store) => {
    const findings = await Array.fromAsync(store.verify());
    assert.deepEqual(findings.map(({ kind }) => kind), ["abandoned"]);
  }));

Deno.test("gc() holds the lock of a staged file while it removes it", () =>
  withStaged(async (store, path) => {
    let free: boolean | undefined;
    using writer = Deno.openSync(path);
    using _ = before("removeSync", path, () => free = writer.tryLockSync(true));
    assert.deepEqual((await store.gc({ grace: 0 })).removed.map(({ kind }) => kind), ["staged"]);
    assert.equal(free, false, "a writer would have taken it for its own");
  }));

Deno.test("gc() leaves a staged file that its writer has locked meanwhile", () =>
  withStaged(async (store, path) => {
    using writer = Deno.openSync(path);
    // Opened once to see whether it is locked, and again to remove it.
    let again: Disposable | undefined;
    using _ = before("openSync", path, () => {
      again = before("openSync", path, () => writer.lockSync(true));
    });
    try {
      assert.deepEqual((await store.gc({ grace: 0 })).removed, []);
    } finally {
      again?.[Symbol.dispose]();
    }
    assert.ok((await Deno.lstat(path)).isFile);
  }));
