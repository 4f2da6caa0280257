import assert from "node:assert/strict";
import { join } from "@std/path";
import { IntegrityError, restoreStore, StorageError } from "../../mod.ts";
import { assertTidy, backedUp, filled } from "../support/backup_helpers.ts";
import { inTempDir } from "../support/helpers.ts";

type Fault = (path: string) => Disposable;

/** Replaces functions, by the object they are of, until disposed of. */
function replacing(target: object, fakes: Record<string, unknown>): Disposable {
  const originals = Object.fromEntries(
    Object.keys(fakes).map((name) => [name, (target as Record<string, unknown>)[name]]),
  );
  Object.assign(target, fakes);
  return { [Symbol.dispose]: () => void Object.assign(target, originals) };
}

function systemError(code: string, text: string): Error {
  return Object.assign(new Error(text), { code });
}

/** A file that can be opened, and that the disk does not give. */
const broken: Fault = (path) => {
  const faults = new DisposableStack();
  const { openSync, copyFile } = Deno;
  const { read, readSync } = Deno.FsFile.prototype;
  const files = new WeakSet<Deno.FsFile>();
  const error = () => systemError("EIO", "Input/output error (os error 5)");
  const failure = () => Promise.reject(error());
  faults.use(replacing(Deno, {
    openSync: (from: string, how?: Deno.OpenOptions) => {
      const file = openSync(from, how);
      if (from === path) files.add(file);
      return file;
    },
    copyFile: (from: string, to: string) => from === path ? failure() : copyFile(from, to),
  }));
  faults.use(replacing(Deno.FsFile.prototype, {
    read: function (this: Deno.FsFile, into: Uint8Array) {
      return files.has(this) ? failure() : read.call(this, into);
    },
    readSync: function (this: Deno.FsFile, into: Uint8Array) {
      if (files.has(this)) throw error();
      return readSync.call(this, into);
    },
  }));
  return faults;
};

/** A file that may not be opened. */
const denied: Fault = (path) => {
  const { openSync } = Deno;
  return replacing(Deno, {
    openSync: (from: string, how?: Deno.OpenOptions) => {
      if (from !== path) return openSync(from, how);
      throw new Deno.errors.PermissionDenied("Permission denied (os error 13)");
    },
  });
};

const FAULTS = { "the disk does not give": broken, "may not be opened": denied };

for (const [what, inject] of Object.entries(FAULTS)) {
  // The two are copied in different ways.
  for (const name of ["a", "large"]) {
    for (const link of [false, true]) {
      Deno.test(`a file (${name}) that ${what} is left out of a backup (link: ${link})`, () =>
        inTempDir(async (dir) => {
          await using store = await filled(dir);
          const filePath = (await store.artifacts.get("r", name)).filePath!;
          {
            using _fault = inject(filePath);
            const { artifacts, omitted } = await store.backup(join(dir, "b"), { link });
            assert.deepEqual([artifacts, omitted.length], [3, 1]);
            const { artifact, error } = omitted[0]!;
            assert.deepEqual([artifact.name, error.constructor], [name, IntegrityError]);
            assert.match(
              error.message,
              /^Cannot read .*its file cannot be read: .* \(os error \d+\)/,
            );
          }
          assertTidy(join(dir, "b"));
          assert.equal((await backedUp(join(dir, "b"))).artifacts.length, 3);
          const { copied, omitted } = await store.backup(join(dir, "b"), { link });
          assert.deepEqual([copied, omitted], [1, []]);
        }));
    }

    Deno.test(`a file (${name}) of a backup that ${what} is not restored, and the others are`, () =>
      inTempDir(async (dir) => {
        await using store = await filled(dir);
        const { artifactDir } = await store.backup(join(dir, "b"));
        const options = { path: join(dir, "new/t.db"), driver: "builtin" } as const;
        using _fault = inject(join(artifactDir, "r", name));
        if (inject === denied) {
          const { failed } = await restoreStore(join(dir, "b"), { ...options, dryRun: true });
          assert.deepEqual(failed.map(({ artifact }) => artifact.name), [name]);
        }
        const { failed, restored } = await restoreStore(join(dir, "b"), options);
        assert.deepEqual(failed.map(({ artifact }) => artifact.name), [name]);
        assert.equal(restored.length, 3);
      }));
  }
}

Deno.test("with check, a file of the backup that the disk does not give is copied again", () =>
  inTempDir(async (dir) => {
    await using store = await filled(dir);
    const { artifactDir } = await store.backup(join(dir, "b"));
    const { openSync } = Deno;
    let broken = true;
    // As the bytes of the old file are, and those of the new one in its place are not.
    using _open = replacing(Deno, {
      openSync: (from: string, how?: Deno.OpenOptions) => {
        if (broken && from === join(artifactDir, "r/a")) {
          broken = false;
          throw systemError("EIO", "Input/output error (os error 5)");
        }
        return openSync(from, how);
      },
    });
    const { copied, check } = await store.backup(join(dir, "b"), { check: true });
    assert.deepEqual([copied, check?.damaged], [1, 0]);
  }));

Deno.test("a disk that breaks where the backup is made stops it", () =>
  inTempDir(async (dir) => {
    await using store = await filled(dir);
    const failure = () => systemError("EIO", "Input/output error (os error 5)");
    using _copy = replacing(Deno, { copyFile: () => Promise.reject(failure()) });
    using _write = replacing(Deno.FsFile.prototype, {
      write: () => Promise.reject(failure()),
      writeSync: () => {
        throw failure();
      },
    });
    await assert.rejects(store.backup(join(dir, "b")), (error: unknown) => {
      assert.ok(error instanceof StorageError, String(error));
      assert.match(error.message, /^Cannot (store bytes in|copy the database)/);
      return true;
    });
  }));
