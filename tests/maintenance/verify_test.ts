import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { join } from "@std/path";
import {
  type Finding,
  RunNotFoundError,
  type Store,
  StoreClosedError,
  type VerifyOptions,
} from "../../mod.ts";
import { child } from "../support/children/flags.ts";
import {
  inTempDir,
  openIn,
  removeStored,
  stagedOf,
  testEachDriver,
  testOnFiles,
  testOnOwnFiles,
  testOnSqlite,
  writeStored,
} from "../support/helpers.ts";

async function kinds(store: Store, options: VerifyOptions = {}): Promise<string[]> {
  const findings: Finding[] = await Array.fromAsync(store.verify(options));
  return findings.map(({ kind, path }) => `${kind} ${path}`).sort();
}

/** Writes to a stored file, as no one should. */
function tamper(path: string, text: string): void {
  Deno.chmodSync(path, 0o644);
  Deno.writeTextFileSync(path, text);
}

testEachDriver("verify() finds nothing in a store that is whole", async (driver) => {
  await inTempDir(async (dir) => {
    await using store = await openIn(dir, { driver });
    for (const run of ["a", "b"]) {
      const { id } = await store.startRun({ id: run });
      for (const name of ["one", "deep/two"]) await store.artifacts.put(id, name, run + name);
    }
    const verification = store.verify();
    assert.deepEqual(await Array.fromAsync(verification), []);
    assert.deepEqual(await verification.summary(), {
      artifacts: 4,
      bytes: 4 + 9 + 4 + 9,
      hashed: 4,
      damaged: 0,
      leftovers: 0,
      foreign: 0,
    });
  });
});

testOnFiles("verify() finds each kind of damage, and goes on behind it", async () => {
  await inTempDir(async (dir) => {
    await using store = await openIn(dir);
    const { id } = await store.startRun({ id: "run" });
    const names = ["changed", "fine", "directory", "gone", "grown", "link", "pipe"];
    const path: Record<string, string> = {};
    for (const name of names) path[name] = (await store.artifacts.put(id, name, "12345")).filePath!;
    tamper(path.changed!, "54321");
    tamper(path.grown!, "123456");
    for (const name of ["gone", "directory", "link"]) Deno.removeSync(path[name]!);
    Deno.mkdirSync(path.directory!);
    Deno.symlinkSync(path.fine!, path.link!);
    assert.deepEqual(await kinds(store), [
      "missing run/gone",
      "not-a-file run/directory",
      "not-a-file run/link",
      "wrong-hash run/changed",
      "wrong-size run/grown",
    ]);
    assert.deepEqual(await kinds(store, { quick: true }), [
      "missing run/gone",
      "not-a-file run/directory",
      "not-a-file run/link",
      "wrong-size run/grown",
    ]);
    const [changed] = (await Array.fromAsync(store.verify()))
      .filter(({ kind }) => kind === "wrong-hash");
    assert.equal(changed!.expected, changed!.artifact!.hash);
    assert.match(String(changed!.found), /^[0-9a-f]{64}$/);
    assert.notEqual(changed!.found, changed!.expected);
  });
});

Deno.test("verify() finds bytes that are missing, other, longer or nobody's, wherever they are", async () => {
  await inTempDir(async (dir) => {
    await using store = await openIn(dir);
    const { id } = await store.startRun({ id: "run" });
    for (const name of ["changed", "fine", "gone", "grown"]) {
      await store.artifacts.put(id, name, "12345");
    }
    await writeStored(store, "run/changed", "54321");
    await writeStored(store, "run/grown", "123456");
    await writeStored(store, "run/deep/stray", "x");
    await removeStored(store, "run/gone");
    const quick = ["missing run/gone", "orphan run/deep/stray", "wrong-size run/grown"];
    assert.deepEqual(await kinds(store, { quick: true }), quick);
    assert.deepEqual(await kinds(store), [...quick, "wrong-hash run/changed"].sort());
  });
});

testOnFiles("verify() finds what was left behind, and follows no link", async () => {
  await inTempDir(async (dir) => {
    await using store = await openIn(dir);
    const { id } = await store.startRun({ id: "run" });
    await store.artifacts.put(id, "fine", "x");
    const root = store.artifactDir!;
    Deno.mkdirSync(join(dir, "elsewhere"));
    Deno.writeTextFileSync(join(dir, "elsewhere/file"), "x");
    Deno.symlinkSync(join(dir, "elsewhere"), join(root, "run/linked"));
    Deno.writeTextFileSync(join(root, "run/odd\nname"), "x");
    Deno.writeTextFileSync(join(root, "run/stray"), "x");
    Deno.writeTextFileSync(join(root, ".staging/left"), "x");
    assert.deepEqual(await kinds(store), [
      "abandoned .staging/left",
      "orphan run/linked",
      "orphan run/odd\nname",
      "orphan run/stray",
    ]);
    assert.deepEqual(await kinds(store, { runId: "run" }), []);
  });
});

testOnOwnFiles("verify() takes bytes that are on their way in for no leftover", async () => {
  await inTempDir(async (dir) => {
    await using store = await openIn(dir);
    const { id } = await store.startRun();
    await store.artifacts.put(id, "first", "x");
    let go = () => {};
    const source = new ReadableStream<Uint8Array>({
      async pull(controller) {
        controller.enqueue(new Uint8Array(10));
        await new Promise<void>((resolve) => go = resolve);
        controller.close();
      },
    });
    const put = store.artifacts.put(id, "slow", source);
    // What is small is staged in memory, where bytes are in a bucket.
    while (store.artifactDir !== undefined && (await stagedOf(store)).length === 0) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    assert.deepEqual(await kinds(store), []);
    assert.deepEqual((await store.gc({ grace: 0 })).removed, []);
    go();
    assert.equal((await put).size, 10);
  });
});

testOnSqlite("verify() tells of rows that cannot be true", async () => {
  await inTempDir(async (dir) => {
    await using store = await openIn(dir);
    const { id } = await store.startRun({ id: "run" });
    for (const name of ["a", "b", "c", "d"]) await store.artifacts.put(id, name, name);
    const database = new DatabaseSync(store.path!);
    database.exec("UPDATE artifacts SET path = '../../etc/passwd' WHERE name = 'a'");
    database.exec("UPDATE artifacts SET size = -1 WHERE name = 'b'");
    database.exec("UPDATE artifacts SET hash = upper(hash) WHERE name = 'c'");
    database.close();
    const found = await kinds(store);
    assert.deepEqual(found.filter((finding) => !finding.startsWith("orphan")), [
      "damaged-row run/b",
      "damaged-row run/c",
      "unsafe-path ../../etc/passwd",
    ]);
    assert.ok(found.includes("orphan run/a"));
  });
});

testOnOwnFiles("verify() of a run that a link stands for reads nothing behind it", async () => {
  await inTempDir(async (dir) => {
    await using store = await openIn(dir);
    const { id } = await store.startRun({ id: "run" });
    await store.artifacts.put(id, "a", "x");
    Deno.renameSync(join(store.artifactDir!, "run"), join(dir, "moved"));
    Deno.symlinkSync(join(dir, "moved"), join(store.artifactDir!, "run"));
    assert.deepEqual(await kinds(store), ["unsafe-path run/a"]);
    // The way to the artifacts of a run is no orphan, even if it is none that is followed.
    assert.deepEqual((await store.gc({ grace: 0 })).removed, []);
  });
});

testOnFiles("verify() hashes on all cores, tells its progress and can be stopped", async () => {
  await inTempDir(async (dir) => {
    await using store = await openIn(dir, { durability: "relaxed" });
    const { id } = await store.startRun();
    const bytes = new Uint8Array(24 * 1024 * 1024);
    for (let at = 0; at < 4; at++) await store.artifacts.put(id, `${at}`, bytes.fill(at));
    tamper((await store.artifacts.get(id, "2")).filePath!, "\0".repeat(bytes.length));
    let last = 0;
    const seen = await kinds(store, {
      onProgress: ({ bytes, total }) => {
        assert.ok(bytes >= last && total === 4 * 24 * 1024 * 1024);
        last = bytes;
      },
    });
    assert.deepEqual(seen, [`wrong-hash ${id}/2`]);
    assert.equal(last, 4 * bytes.length);
    const controller = new AbortController();
    const stopped = store.verify({
      signal: controller.signal,
      onProgress: () => controller.abort(new Error("enough")),
    });
    await assert.rejects(stopped.summary(), /enough/);
  });
});

for (const size of [1024, 80 * 1024 * 1024]) {
  Deno.test(`verify() ends with the error of an onProgress that throws (${size} bytes)`, () =>
    inTempDir(async (dir) => {
      await using store = await openIn(dir, { durability: "relaxed" });
      await store.startRun({ id: "r" });
      for (const name of ["a", "b"]) await store.artifacts.put("r", name, new Uint8Array(size / 2));
      for (const quick of [false, true]) {
        for (const when of ["at once", "at last"]) {
          const findings: Finding[] = [];
          const verification = store.verify({
            quick,
            onProgress: ({ bytes, total }) => {
              if (when === "at once" || bytes === total) throw new Error("boom");
            },
          });
          const iterating = async () => {
            for await (const finding of verification) findings.push(finding);
          };
          await assert.rejects(iterating(), /^Error: boom$/);
          assert.deepEqual(findings, []);
        }
      }
      const onProgress = () => {
        throw new Error("boom");
      };
      await assert.rejects(store.verify({ onProgress }).summary(), /^Error: boom$/);
      assert.deepEqual(await kinds(store), []);
    }));
}

for (const size of [1024, 80 * 1024 * 1024]) {
  Deno.test(`close() ends a verification, whoever still iterates (${size} bytes)`, () =>
    inTempDir(async (dir) => {
      await using store = await openIn(dir, { durability: "relaxed" });
      await store.startRun({ id: "r" });
      await store.artifacts.put("r", "missing", "x");
      for (const name of ["a", "b"]) await store.artifacts.put("r", name, new Uint8Array(size / 2));
      await removeStored(store, "r/missing");
      // Workers that nobody ends would keep the test from being clean, and a program from its end.
      const [dropped, kept] = [store.verify(), store.verify()];
      await dropped[Symbol.asyncIterator]().next();
      const findings = kept[Symbol.asyncIterator]();
      assert.equal((await findings.next()).value.kind, "missing");
      const [hashing, before] = [findings.next(), store.verify()];
      hashing.catch(() => {});
      await store.close();
      await assert.rejects(hashing, StoreClosedError);
      await assert.rejects(before.summary(), StoreClosedError);
      // Connections that were cut end a moment later.
      if (store.artifactDir === undefined) await new Promise((resolve) => setTimeout(resolve, 200));
    }));
}

Deno.test("a program that drops a verification ends once the store is closed", () =>
  inTempDir(async (dir) => {
    const { success, stderr } = await child("dropped_verification.ts", [dir]).output();
    assert.deepEqual([success, new TextDecoder().decode(stderr)], [true, ""]);
  }));

Deno.test("verify() of a run that is not in the store is refused, and of one without artifacts is not", () =>
  inTempDir(async (dir) => {
    await using store = await openIn(dir);
    await store.startRun({ id: "r" });
    await assert.rejects(store.verify({ runId: "nope" }).summary(), RunNotFoundError);
    await assert.rejects(kinds(store, { runId: "nope" }), RunNotFoundError);
    assert.equal((await store.verify({ runId: "r" }).summary()).artifacts, 0);
  }));

Deno.test("verify() of a closed store is refused", async () => {
  await inTempDir(async (dir) => {
    const store = await openIn(dir);
    await store.close();
    assert.throws(() => store.verify(), StoreClosedError);
  });
});

Deno.test("verify() of a read-only store writes nothing", async () => {
  await inTempDir(async (dir) => {
    const writer = await openIn(dir);
    const { id } = await writer.startRun();
    await writer.artifacts.put(id, "a", "x");
    await writer.close();
    const before = [...Deno.readDirSync(dir)].map(({ name }) => name).sort();
    await using store = await openIn(dir, { readOnly: true });
    assert.deepEqual(await kinds(store), []);
    assert.deepEqual([...Deno.readDirSync(dir)].map(({ name }) => name).sort(), before);
  });
});
