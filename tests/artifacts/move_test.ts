import assert from "node:assert/strict";
import { join } from "@std/path";
import {
  ArtifactExistsError,
  InvalidNameError,
  InvalidSourceError,
  RunNotFoundError,
  type Store,
} from "../../mod.ts";
import {
  assertEmpty,
  inTempDir,
  openIn,
  sha256,
  someBytes,
  storedIn,
  testOnFiles,
  testOnOwnFiles,
  tree,
} from "../support/helpers.ts";

const SIZE = 1_500_000;

/** Gives a test a store with the run `r`, and the path of a file beside it. */
function withSource(work: (store: Store, source: string, dir: string) => Promise<void>) {
  return inTempDir(async (dir) => {
    const source = join(dir, "source.bin");
    await Deno.writeFile(source, someBytes(SIZE));
    await Deno.chmod(source, 0o640);
    await using store = await openIn(dir);
    await store.startRun({ id: "r" });
    await work(store, source, dir);
  });
}

async function isGone(path: string): Promise<void> {
  await assert.rejects(Deno.lstat(path), Deno.errors.NotFound);
}

/** Asserts that a file is as `withSource` has made it, and has no second name. */
async function isUntouched(path: string): Promise<void> {
  const { mode, nlink } = await Deno.lstat(path);
  assert.deepEqual([mode! & 0o7777, nlink], [0o640, 1]);
  assert.deepEqual(await Deno.readFile(path), someBytes(SIZE));
}

testOnOwnFiles(
  "putFile() with move keeps the file itself, under its new name alone",
  () =>
    withSource(async (store, source) => {
      const { ino } = await Deno.stat(source);
      const stored = await store.artifacts.putFile("r", "models/a.bin", source, { move: true });
      await isGone(source);
      const now = await Deno.lstat(stored.filePath!);
      assert.deepEqual([now.ino, now.nlink, now.mode! & 0o777], [ino, 1, 0o440]);
      assert.equal(stored.size, SIZE);
      assert.equal(stored.hash, await sha256(someBytes(SIZE)));
      assert.deepEqual(await stored.bytes({ verify: true }), someBytes(SIZE));
      assert.deepEqual(await storedIn(store), ["r", "r/models", "r/models/a.bin"]);
    }),
);

Deno.test("putFile() with move takes an empty file, and one that is read-only", () =>
  withSource(async (store, source) => {
    await Deno.chmod(source, 0o400);
    await Deno.writeFile(`${source}-empty`, new Uint8Array());
    for (const path of [source, `${source}-empty`]) {
      await store.artifacts.putFile("r", path.slice(-5), path, { move: true });
      await isGone(path);
    }
    assert.equal((await store.artifacts.list("r")).length, 2);
  }));

Deno.test("putFile() with move keeps the source until all is stored", () =>
  withSource(async (store, source) => {
    let calls = 0;
    const onProgress = () => {
      calls++;
      assert.ok(Deno.lstatSync(source).isFile);
    };
    await store.artifacts.putFile("r", "a", source, { move: true, onProgress });
    assert.ok(calls > 0);
    await isGone(source);
  }));

Deno.test("putFile() with move that is refused leaves the source with its mode", () =>
  withSource(async (store, source) => {
    await store.artifacts.put("r", "taken", "first");
    const before = await storedIn(store);
    const move = { move: true } as const;
    const refusals: [() => Promise<unknown>, new (...args: never[]) => Error][] = [
      [() => store.artifacts.putFile("r", "taken", source, move), ArtifactExistsError],
      [
        () => store.artifacts.putFile("r", "taken", source, { ...move, ifExists: "same" }),
        ArtifactExistsError,
      ],
      [() => store.artifacts.putFile("r", "TAKEN", source, move), InvalidNameError],
      [() => store.artifacts.putFile("other", "a", source, move), RunNotFoundError],
    ];
    for (const [put, error] of refusals) await assert.rejects(put(), error);
    await isUntouched(source);
    assert.deepEqual(await storedIn(store), before);
  }));

Deno.test("of two moves to one name, the refused one leaves its source with its mode", () =>
  withSource(async (store, source, dir) => {
    const other = join(dir, "other.bin");
    await Deno.copyFile(source, other);
    await Deno.chmod(other, 0o640);
    const paths = [source, other];
    const puts = await Promise.allSettled(
      paths.map((path) => store.artifacts.putFile("r", "a", path, { move: true })),
    );
    const lost = puts.findIndex(({ status }) => status === "rejected");
    assert.ok(lost >= 0);
    assert.ok((puts[lost] as PromiseRejectedResult).reason instanceof ArtifactExistsError);
    await isUntouched(paths[lost]!);
    await isGone(paths[1 - lost]!);
    assert.deepEqual(await storedIn(store), ["r", "r/a"]);
  }));

testOnFiles(
  "putFile() with move copies a file that has a second name, and shares nothing",
  () =>
    withSource(async (store, source, dir) => {
      const twin = join(dir, "twin");
      await Deno.link(source, twin);
      const { ino } = await Deno.stat(source);
      const stored = await store.artifacts.putFile("r", "a", source, { move: true });
      await isGone(source);
      assert.notEqual((await Deno.stat(stored.filePath!)).ino, ino);
      await isUntouched(twin);
      await Deno.writeTextFile(twin, "overwritten");
      assert.deepEqual(await stored.bytes({ verify: true }), someBytes(SIZE));
    }),
);

Deno.test("putFile() with move resolves once all is stored, though the source is gone", () =>
  withSource(async (store, source) => {
    await Deno.link(source, `${source}-twin`); // So that it is copied.
    const onProgress = ({ bytes }: { bytes: number }) => {
      if (bytes === SIZE) Deno.removeSync(source);
    };
    const stored = await store.artifacts.putFile("r", "a", source, { move: true, onProgress });
    assert.deepEqual(await stored.bytes({ verify: true }), someBytes(SIZE));
  }));

testOnFiles(
  "putFile() with move of a symbolic link leaves alone what it leads to",
  () =>
    withSource(async (store, source, dir) => {
      const link = join(dir, "link");
      await Deno.symlink(source, link);
      const stored = await store.artifacts.putFile("r", "a", link, { move: true });
      await isGone(link);
      await isUntouched(source);
      assert.ok((await Deno.lstat(stored.filePath!)).isFile);
      assert.deepEqual(await stored.bytes({ verify: true }), someBytes(SIZE));
    }),
);

testOnFiles(
  'putFile() with move and ifExists "same" stores nothing and takes the source',
  () =>
    withSource(async (store, source) => {
      const first = await store.artifacts.put("r", "a", someBytes(SIZE));
      const { ino } = await Deno.stat(first.filePath!);
      const options = { move: true, ifExists: "same" } as const;
      const again = await store.artifacts.putFile("r", "a", source, options);
      assert.deepEqual(again.toJSON(), first.toJSON());
      const now = await Deno.lstat(first.filePath!);
      assert.deepEqual([now.ino, now.nlink], [ino, 1]);
      await isGone(source);
      assert.deepEqual(await storedIn(store), ["r", "r/a"]);
    }),
);

testOnOwnFiles(
  'putFile() with move and ifExists "replace" puts the file itself in place',
  () =>
    withSource(async (store, source) => {
      const first = await store.artifacts.put("r", "a", "first");
      const { ino } = await Deno.stat(source);
      const options = { move: true, ifExists: "replace" } as const;
      const stored = await store.artifacts.putFile("r", "a", source, options);
      const now = await Deno.lstat(stored.filePath!);
      assert.deepEqual([stored.id, now.ino, now.nlink], [first.id, ino, 1]);
      await isGone(source);
      assert.deepEqual(
        await (await store.artifacts.get("r", "a")).bytes({ verify: true }),
        someBytes(SIZE),
      );
      assert.deepEqual(await storedIn(store), ["r", "r/a"]);
    }),
);

testOnOwnFiles(
  "putFile() with move never takes away the bytes of a stored artifact",
  () =>
    withSource(async (store, source) => {
      const first = await store.artifacts.putFile("r", "a", source, { move: true });
      await store.startRun({ id: "s" });
      const options = { move: true } as const;
      const again = store.artifacts.putFile("s", "b", first.filePath!, options);
      const outcome = await again.then(() => "stored", () => "refused");
      assert.deepEqual(
        await (await store.artifacts.get("r", "a")).bytes({ verify: true }),
        someBytes(SIZE),
      );
      if (outcome === "refused") {
        assert.equal(await store.artifacts.has("s", "b"), false);
        assert.deepEqual(await storedIn(store), ["r", "r/a"]);
      } else {
        const second = await store.artifacts.get("s", "b");
        assert.deepEqual(await second.bytes({ verify: true }), someBytes(SIZE));
      }
    }),
);

testOnOwnFiles(
  'putFile() with move and ifExists "same" of an artifact onto itself keeps it',
  () =>
    withSource(async (store, source) => {
      const first = await store.artifacts.putFile("r", "a", source, { move: true });
      const options = { move: true, ifExists: "same" } as const;
      await store.artifacts.putFile("r", "a", first.filePath!, options).catch(() => {});
      assert.deepEqual(
        await (await store.artifacts.get("r", "a")).bytes({ verify: true }),
        someBytes(SIZE),
      );
    }),
);

Deno.test("putFile() with move refuses a directory, a device and a missing file", () =>
  inTempDir(async (dir) => {
    await using store = await openIn(dir);
    await store.startRun({ id: "r" });
    for (const path of [dir, "/dev/null", join(dir, "missing")]) {
      await assert.rejects(
        store.artifacts.putFile("r", "a", path, { move: true }),
        InvalidSourceError,
      );
    }
    await assertEmpty(store);
  }));

/** Leaves what a process leaves that is killed while it moves a file: the file has two names. */
async function leaveMove(store: Store, source: string, key: string, path: string): Promise<void> {
  const { dev, ino } = await Deno.lstat(source);
  const note = { source, identity: `${dev}:${ino}`, mode: 0o640, key };
  const staging = join(store.artifactDir!, ".staging");
  const staged = crypto.randomUUID();
  await Deno.writeTextFile(join(staging, `${staged}.moves`), JSON.stringify(note));
  await Deno.link(source, join(staging, staged));
  await Deno.chmod(source, 0o440);
  if (path !== "") await Deno.link(source, path);
}

testOnFiles(
  "a move that was killed before the artifact was stored is undone",
  () =>
    withSource(async (store, source, dir) => {
      await store.artifacts.put("r", "other", "x");
      await leaveMove(store, source, "r/a.bin", "");
      await (await openIn(dir)).close();
      await isUntouched(source);
      assert.deepEqual(tree(join(store.artifactDir!, ".staging")), ["owner"]);
    }),
);

testOnFiles(
  "a move that was killed once the artifact was stored is finished",
  () =>
    withSource(async (store, source, dir) => {
      const kept = await store.artifacts.put("r", "a.bin", someBytes(SIZE));
      await Deno.remove(kept.filePath!);
      await leaveMove(store, source, "r/a.bin", kept.filePath!);
      await (await openIn(dir)).close();
      await isGone(source);
      assert.deepEqual(await kept.bytes({ verify: true }), someBytes(SIZE));
      assert.equal((await Deno.stat(kept.filePath!)).nlink, 1);
    }),
);

testOnFiles(
  "a move that was killed leaves a file alone that took the place of its source",
  () =>
    withSource(async (store, source, dir) => {
      const kept = await store.artifacts.put("r", "a.bin", someBytes(SIZE));
      await leaveMove(store, source, "r/a.bin", "");
      await Deno.rename(source, `${source}.aside`);
      await Deno.writeTextFile(source, "another");
      await (await openIn(dir)).close();
      assert.equal(await Deno.readTextFile(source), "another");
      assert.deepEqual(await kept.bytes({ verify: true }), someBytes(SIZE));
    }),
);

testOnFiles(
  "putFile() with move copies a file that runs as another user",
  () =>
    withSource(async (store, source) => {
      await Deno.chmod(source, 0o4755);
      const stored = await store.artifacts.putFile("r", "a.bin", source, { move: true });
      await isGone(source);
      assert.equal((await Deno.stat(stored.filePath!)).mode! & 0o7222, 0);
    }),
);

if (Deno.uid() === 0) {
  testOnFiles(
    "putFile() with move copies a file of another user, who could write to it",
    () =>
      withSource(async (store, source) => {
        await Deno.chown(source, 54_321, 54_321);
        const stored = await store.artifacts.putFile("r", "a.bin", source, { move: true });
        await isGone(source);
        assert.equal((await Deno.stat(stored.filePath!)).uid, 0);
        assert.deepEqual(await stored.bytes({ verify: true }), someBytes(SIZE));
      }),
  );
} else {
  Deno.test.ignore(
    "putFile() with move copies a file of another user (skipped: not root)",
    () => {},
  );
}
