import assert from "node:assert/strict";
import { join, toFileUrl } from "@std/path";
import {
  type Artifact,
  IntegrityError,
  InvalidOptionError,
  type Progress,
  StorageError,
  type Store,
} from "../../mod.ts";
import {
  bytesAt,
  inMemory,
  inTempDir,
  openIn,
  someBytes,
  storedIn,
  tamper,
  testOnOwnFiles,
  tree,
} from "../support/helpers.ts";

const SIZE = 2_500_000;

/** Gives a test an artifact of `SIZE` bytes, and a directory to save it to. */
function withArtifact(work: (artifact: Artifact, to: string, store: Store) => Promise<void>) {
  return inTempDir((to) =>
    inMemory(async (store) => {
      await work(await store.artifacts.put("r", "a.bin", someBytes(SIZE)), to, store);
    })
  );
}

Deno.test("saveTo() writes a new file, by path or URL, that is its owner's to write to", () =>
  withArtifact(async (artifact, to) => {
    const paths = ["plain.bin", "a b#?%20.bin", "é日.bin"].map((name) => join(to, name));
    for (const path of paths) {
      for (const target of [path, toFileUrl(path)]) {
        await artifact.saveTo(target);
        assert.deepEqual(await Deno.readFile(path), someBytes(SIZE));
        assert.equal((await Deno.stat(path)).mode! & 0o200, 0o200);
      }
    }
    assert.equal(tree(to).length, paths.length);
  }));

Deno.test("saveTo() writes empty artifacts too, and names as long as may be", () =>
  withArtifact(async (_, to, store) => {
    const empty = await store.artifacts.put("r", "empty", "");
    for (const name of ["n".repeat(255), "é".repeat(127), "日".repeat(85), "🚀".repeat(63)]) {
      await empty.saveTo(join(to, name));
      assert.equal((await Deno.stat(join(to, name))).size, 0);
    }
    assert.equal(tree(to).length, 4);
  }));

Deno.test("saveTo() replaces a file in one step, and never writes through it", () =>
  withArtifact(async (artifact, to) => {
    const [path, twin, link] = [join(to, "old"), join(to, "twin"), join(to, "link")];
    await Deno.writeTextFile(path, "old");
    await Deno.link(path, twin);
    await Deno.symlink(twin, link);
    const onProgress = ({ bytes }: Progress) => {
      if (bytes < SIZE) assert.equal(Deno.readTextFileSync(path), "old");
    };
    await artifact.saveTo(path, { onProgress });
    await artifact.saveTo(link);
    assert.deepEqual(await Deno.readFile(path), someBytes(SIZE));
    assert.ok((await Deno.lstat(link)).isFile);
    assert.equal(await Deno.readTextFile(twin), "old");
    assert.deepEqual(tree(to), ["link", "old", "twin"]);
  }));

Deno.test("saveTo() tells of progress, forward to the size", () =>
  withArtifact(async (artifact, to) => {
    const seen: Progress[] = [];
    await artifact.saveTo(join(to, "a"), { onProgress: (progress) => seen.push(progress) });
    const bytes = seen.map(({ bytes }) => bytes);
    assert.deepEqual(bytes, bytes.toSorted((a, b) => a - b));
    assert.equal(bytes.at(-1), SIZE);
    assert.ok(seen.length > 1 && seen.every(({ total }) => total === SIZE));
  }));

/** Ways in which saving fails, each with what the caller is told. */
const FAILURES: Record<string, (artifact: Artifact, path: string) => Promise<void>> = {
  "bytes that were changed": async (artifact, path) => {
    await tamper(artifact, new Uint8Array(SIZE));
    await assert.rejects(artifact.saveTo(path), IntegrityError);
  },
  "bytes that were cut short": async (artifact, path) => {
    await tamper(artifact, (await bytesAt(artifact)).slice(0, SIZE - 1));
    await assert.rejects(artifact.saveTo(path), IntegrityError);
  },
  "missing bytes": async (artifact, path) => {
    await tamper(artifact).catch(() => {});
    await assert.rejects(artifact.saveTo(path), IntegrityError);
  },
  "a signal aborted before": async (artifact, path) => {
    const reason = new Error("enough");
    const saving = artifact.saveTo(path, { signal: AbortSignal.abort(reason) });
    await assert.rejects(saving, (error) => error === reason);
  },
  "a signal aborted midway": async (artifact, path) => {
    const reason = new Error("enough");
    const abort = new AbortController();
    const onProgress = () => abort.abort(reason);
    const saving = artifact.saveTo(path, { signal: abort.signal, onProgress });
    await assert.rejects(saving, (error) => error === reason);
  },
  "an onProgress that throws": async (artifact, path) => {
    const reason = new Error("enough");
    const onProgress = () => {
      throw reason;
    };
    await assert.rejects(artifact.saveTo(path, { onProgress }), (error) => error === reason);
  },
};

for (const [failure, save] of Object.entries(FAILURES)) {
  Deno.test(`saveTo() that fails for ${failure} leaves the old file, and no other`, () =>
    withArtifact(async (artifact, to) => {
      await Deno.writeTextFile(join(to, "old"), "old");
      await save(artifact, join(to, "old"));
      assert.equal(await Deno.readTextFile(join(to, "old")), "old");
      await save(artifact, join(to, "new"));
      assert.deepEqual(tree(to), ["old"]);
    }));
}

Deno.test("saveTo() refuses a missing directory, a directory, and a file for a directory", () =>
  withArtifact(async (artifact, to) => {
    await Deno.mkdir(join(to, "directory"));
    await Deno.writeTextFile(join(to, "file"), "file");
    for (const path of ["missing/a", "directory", "file/a"]) {
      await assert.rejects(artifact.saveTo(join(to, path)), StorageError);
    }
    assert.deepEqual(tree(to), ["directory", "file"]);
  }));

testOnOwnFiles(
  "saveTo() refuses the artifact directory, whatever way leads there",
  () =>
    inTempDir(async (dir) => {
      await using store = await openIn(dir);
      await store.startRun({ id: "r" });
      const first = await store.artifacts.put("r", "a", "first");
      const second = await store.artifacts.put("r", "b", "second");
      await Deno.symlink(store.artifactDir!, join(dir, "link"));
      await Deno.symlink(join(store.artifactDir!, "r"), join(dir, "run"));
      const before = await storedIn(store);
      const targets = [
        store.artifactDir!,
        first.filePath!,
        join(store.artifactDir!, "new"),
        `${dir}/elsewhere/../t-artifacts/r/a`,
        join(dir, "link", "new"),
        join(dir, "link", "r", "a"),
        join(dir, "run", "a"),
      ];
      for (const target of targets) {
        const outcome = await second.saveTo(target).then(() => "saved", (error) => error);
        assert.ok(outcome instanceof InvalidOptionError, `${target}: ${outcome}`);
      }
      assert.deepEqual(await storedIn(store), before);
      assert.equal(await first.text({ verify: true }), "first");
    }),
);

Deno.test("saveTo() says where there is no directory, or a directory in the place of the file", () =>
  inTempDir(async (dir) => {
    await using store = await openIn(dir);
    const run = await store.startRun();
    const artifact = await run.put("a", "text");
    await Deno.mkdir(join(dir, "directory"));
    await Deno.writeTextFile(join(dir, "file"), "mine");
    const before = tree(dir);
    for (
      const [to, words] of [
        ["none/a", /^Cannot save "a" to ".*": there is no directory ".*none"; make it first$/],
        ["file/a", /".*file" is a file, not a directory$/],
        ["file/below/a", /there is no directory ".*below"/],
        ["directory", /it is a directory; name a file in it$/],
      ] as const
    ) {
      await assert.rejects(artifact.saveTo(join(dir, to)), { code: "storage", message: words });
    }
    assert.deepEqual(tree(dir), before);
  }));

testOnOwnFiles(
  "saveTo() saves beside the artifact directory, where the path only begins alike",
  () =>
    inTempDir(async (dir) => {
      await using store = await openIn(dir);
      await store.startRun({ id: "r" });
      const stored = await store.artifacts.put("r", "a", "text");
      await stored.saveTo(`${store.artifactDir}.txt`);
      assert.equal(await Deno.readTextFile(`${store.artifactDir}.txt`), "text");
    }),
);
