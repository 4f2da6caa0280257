import assert from "node:assert/strict";
import { join } from "@std/path";
import {
  ChachamlError,
  IntegrityError,
  StorageError,
  type Store,
  UnsafePathError,
} from "../../mod.ts";
import { inTempDir, openIn, stagedIn, testWithFifo, tree } from "../support/helpers.ts";

const TEXT = "the bytes";

/** Gives a test a store with the artifact `d/a` of the run `r`, and a directory outside it. */
function withStore(work: (store: Store, outside: string) => Promise<void>) {
  return inTempDir(async (dir) => {
    const outside = join(dir, "outside");
    await Deno.mkdir(join(outside, "d"), { recursive: true });
    // A read or write that is led astray finds what it looks for.
    for (const name of ["a", "b", "d/a", "d/b"]) {
      await Deno.writeTextFile(join(outside, name), TEXT);
    }
    await using store = await openIn(dir, { durability: "relaxed" });
    await store.startRun({ id: "r" });
    await store.artifacts.put("r", "d/a", TEXT);
    await work(store, outside);
    assert.deepEqual(tree(outside), ["a", "b", "d", "d/a", "d/b"]);
    for (const name of ["a", "b", "d/a", "d/b"]) {
      assert.equal(await Deno.readTextFile(join(outside, name)), TEXT);
      assert.equal((await Deno.lstat(join(outside, name))).nlink, 1);
    }
  });
}

/** What stands in the way, at a path of the artifact directory, and where it leads. */
const LINKS: Record<string, [at: string, to: string]> = {
  "the run's directory": ["r", ""],
  "a directory of the name": ["r/d", "d"],
  "the file": ["r/d/a", "a"],
};

for (const [what, [at, to]] of Object.entries(LINKS)) {
  Deno.test(`an artifact is not read, replaced or removed where ${what} is a symbolic link`, () =>
    withStore(async (store, outside) => {
      const stored = await store.artifacts.get("r", "d/a");
      await Deno.remove(join(store.artifactDir!, at), { recursive: true });
      await Deno.symlink(join(outside, to), join(store.artifactDir!, at));
      await assert.rejects(stored.text(), UnsafePathError);
      await assert.rejects(stored.stream().getReader().read(), UnsafePathError);
      await assert.rejects(stored.saveTo(join(outside, "..", "saved")), UnsafePathError);
      assert.equal((await store.artifacts.list("r")).length, 1);
      // Either succeeds without following the link, or is refused.
      await store.artifacts.put("r", "d/a", "new", { ifExists: "replace" }).catch(isOurs);
      await store.artifacts.remove("r", "d/a").catch(isOurs);
      assert.equal(await store.artifacts.has("r", "d/a"), false);
    }));
}

for (const [what, [at, to]] of Object.entries(LINKS).slice(0, 2)) {
  Deno.test(`nothing is put where ${what} is a symbolic link`, () =>
    withStore(async (store, outside) => {
      await Deno.remove(join(store.artifactDir!, at), { recursive: true });
      await Deno.symlink(join(outside, to), join(store.artifactDir!, at));
      for (const name of ["d/new", "d/b", "d/d/new"]) {
        await assert.rejects(store.artifacts.put("r", name, TEXT), UnsafePathError);
        assert.equal(await store.artifacts.has("r", name), false);
      }
      assert.deepEqual(stagedIn(store.artifactDir!), []);
    }));
}

Deno.test("nothing is put where the staging directory is a symbolic link", () =>
  withStore(async (store, outside) => {
    const staging = join(store.artifactDir!, ".staging");
    await Deno.remove(staging, { recursive: true });
    await Deno.symlink(join(outside, "d"), staging);
    const source = join(outside, "..", "source");
    await Deno.writeTextFile(source, TEXT);
    await assert.rejects(store.artifacts.put("r", "new", TEXT), UnsafePathError);
    await assert.rejects(store.artifacts.putFile("r", "new", source), UnsafePathError);
    await assert.rejects(
      store.artifacts.putFile("r", "new", source, { move: true }),
      UnsafePathError,
    );
    assert.equal(await store.artifacts.has("r", "new"), false);
    assert.equal(await Deno.readTextFile(source), TEXT);
  }));

Deno.test("nothing is put where the staging directory is a file", () =>
  withStore(async (store) => {
    await Deno.remove(join(store.artifactDir!, ".staging"), { recursive: true });
    await Deno.writeTextFile(join(store.artifactDir!, ".staging"), "a file");
    await assert.rejects(store.artifacts.put("r", "new", TEXT), isOurs);
    assert.equal(await Deno.readTextFile(join(store.artifactDir!, ".staging")), "a file");
  }));

Deno.test("an artifact is not read where a directory stands for its file", () =>
  withStore(async (store) => {
    const stored = await store.artifacts.get("r", "d/a");
    await Deno.remove(stored.filePath!);
    await Deno.mkdir(join(stored.filePath!, "inner"), { recursive: true });
    await assert.rejects(stored.text(), UnsafePathError);
    await store.artifacts.remove("r", "d/a").catch(isOurs);
    assert.ok((await Deno.stat(join(stored.filePath!, "inner"))).isDirectory);
  }));

Deno.test("an artifact is not read where a file stands for its directory", () =>
  withStore(async (store) => {
    const stored = await store.artifacts.get("r", "d/a");
    await Deno.remove(join(store.artifactDir!, "r"), { recursive: true });
    await Deno.writeTextFile(join(store.artifactDir!, "r"), "a file");
    await assert.rejects(stored.text(), isOurs);
    await assert.rejects(store.artifacts.put("r", "d/b", TEXT), StorageError);
    assert.equal(await Deno.readTextFile(join(store.artifactDir!, "r")), "a file");
  }));

testWithFifo(
  "an artifact is not read where a FIFO stands for its file",
  (makeFifo) =>
    withStore(async (store) => {
      const stored = await store.artifacts.get("r", "d/a");
      await Deno.remove(stored.filePath!);
      await makeFifo(stored.filePath!);
      await assert.rejects(stored.text(), UnsafePathError);
      await assert.rejects(stored.stream().getReader().read(), UnsafePathError);
      await store.artifacts.remove("r", "d/a");
      await assert.rejects(Deno.lstat(stored.filePath!), Deno.errors.NotFound);
    }),
);

/** What an orphan can be: a put of its name takes its place, and does not write into it. */
const ORPHANS: Record<string, (path: string, outside: string) => Promise<void>> = {
  "a file": (path) => Deno.writeTextFile(path, "orphan"),
  "a read-only file": (path) => Deno.writeTextFile(path, "orphan", { mode: 0o444 }),
  "a second name of a file outside": async (path, outside) => {
    await Deno.writeTextFile(join(outside, "..", "twin"), "twin");
    await Deno.link(join(outside, "..", "twin"), path);
  },
  "a link to a file outside": (path, outside) => Deno.symlink(join(outside, "a"), path),
  "a link to a directory outside": (path, outside) => Deno.symlink(outside, path),
  "a link to nothing": (path, outside) => Deno.symlink(join(outside, "none"), path),
  "a link to itself": (path) => Deno.symlink(path, path),
};

/** Puts over the orphan that `make` leaves, and asserts that only its name was taken. */
async function putOver(
  store: Store,
  outside: string,
  make: (path: string, outside: string) => Promise<void>,
): Promise<void> {
  const path = join(store.artifactDir!, "r", "d", "orphan");
  await make(path, outside);
  const stored = await store.artifacts.put("r", "d/orphan", TEXT);
  assert.ok((await Deno.lstat(path)).isFile);
  assert.equal(await stored.text({ verify: true }), TEXT);
  assert.deepEqual(tree(store.artifactDir!), ["r", "r/d", "r/d/a", "r/d/orphan"]);
  const twin = await Deno.readTextFile(join(outside, "..", "twin")).catch(() => "twin");
  assert.equal(twin, "twin");
}

for (const [what, make] of Object.entries(ORPHANS)) {
  Deno.test(`put() takes the place of an orphan that is ${what}`, () =>
    withStore((store, outside) => putOver(store, outside, make)));
}

testWithFifo(
  "put() takes the place of an orphan that is a FIFO",
  (makeFifo) => withStore((store, outside) => putOver(store, outside, makeFifo)),
);

Deno.test("put() refuses a name where a directory that is no artifact stands, and leaves it", () =>
  withStore(async (store) => {
    const path = join(store.artifactDir!, "r", "d", "new");
    await Deno.mkdir(path);
    await Deno.writeTextFile(`${path}/inner`, "inner");
    await assert.rejects(store.artifacts.put("r", "d/new", TEXT), StorageError);
    assert.ok((await Deno.lstat(path)).isDirectory);
    assert.equal(await store.artifacts.has("r", "d/new"), false);
    assert.deepEqual(tree(store.artifactDir!), ["r", "r/d", "r/d/a", "r/d/new", "r/d/new/inner"]);
  }));

Deno.test("put() refuses a name below an orphan that is a file, and leaves it", () =>
  withStore(async (store) => {
    const path = join(store.artifactDir!, "r", "d", "file");
    await Deno.writeTextFile(path, "orphan");
    await assert.rejects(store.artifacts.put("r", "d/file/a", TEXT), StorageError);
    assert.equal(await Deno.readTextFile(path), "orphan");
    assert.equal(await store.artifacts.has("r", "d/file/a"), false);
    assert.deepEqual(tree(store.artifactDir!), ["r", "r/d", "r/d/a", "r/d/file"]);
  }));

Deno.test("an artifact directory that is reached through a link is used where it leads", () =>
  inTempDir(async (dir) => {
    await Deno.mkdir(join(dir, "real"));
    await Deno.symlink(join(dir, "real"), join(dir, "link"));
    await using store = await openIn(dir, { artifactDir: join(dir, "link") });
    await store.startRun({ id: "r" });
    const stored = await store.artifacts.put("r", "a", TEXT);
    assert.equal(stored.filePath, join(dir, "real", "r", "a"));
    assert.equal(await stored.text(), TEXT);
  }));

Deno.test("a missing artifact directory makes reading fail as missing bytes do", () =>
  withStore(async (store) => {
    const stored = await store.artifacts.get("r", "d/a");
    await Deno.remove(store.artifactDir!, { recursive: true });
    await assert.rejects(stored.text(), IntegrityError);
  }));

/** Passes for the store's own errors only. */
function isOurs(error: unknown): true {
  assert.ok(error instanceof ChachamlError, `${error}`);
  return true;
}
