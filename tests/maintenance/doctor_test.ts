import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { join } from "@std/path";
import { type Check, diagnose } from "../../src/maintenance/doctor.ts";
import type { Store } from "../../mod.ts";
import { tamperRows } from "../support/archive_helpers.ts";
import { inTempDir, openIn, storedIn, testOnSqlite } from "../support/helpers.ts";

/** What doctor says of the store in a directory, by name; a name may come several times. */
async function checks(dir: string): Promise<Check[]> {
  return await Array.fromAsync(diagnose({ path: join(dir, "t.db"), driver: "builtin" }));
}

/** The states of all checks of a name. */
function statesOf(all: readonly Check[], name: string): string[] {
  return all.filter((check) => check.name === name).map(({ state }) => state);
}

/** Gives a test a store with the run `r`, ended, and its artifact `a`. */
function withStore(work: (store: Store, dir: string) => Promise<void>): Promise<void> {
  return inTempDir(async (dir) => {
    await using store = await openIn(dir, { durability: "relaxed" });
    await store.startRun({ id: "r" });
    await store.artifacts.put("r", "a", "x");
    await store.runs.end("r");
    await work(store, dir);
  });
}

/** Where a text stands on the leaf pages of indexes of a database file. */
function indexedAt(file: Uint8Array, text: string): number[] {
  const [page, indexLeaf] = [4096, 0x0a];
  const content = new TextDecoder("latin1").decode(file);
  const found: number[] = [];
  for (let at = content.indexOf(text); at >= 0; at = content.indexOf(text, at + 1)) {
    if (file[Math.floor(at / page) * page] === indexLeaf) found.push(at);
  }
  return found;
}

testOnSqlite(
  "doctor finds nothing wrong with a store that is whole, and leaves nothing behind",
  () =>
    withStore(async (store, dir) => {
      const before = await storedIn(store);
      const all = await checks(dir);
      // How much space is left is no matter of the store.
      const wrong = all.filter(({ state, message }) =>
        state !== "ok" && !/disk space/.test(message)
      );
      assert.deepEqual(wrong, []);
      assert.deepEqual(await storedIn(store), before);
      const names = ["runtime", "store", "database", "directory", "artifacts", "runs", "models"];
      assert.deepEqual([...new Set(all.map(({ name }) => name))], names);
    }),
);

testOnSqlite(
  "doctor has no warning about the journal of a store that nobody has open",
  () =>
    inTempDir(async (dir) => {
      await (await openIn(dir)).close();
      const all = await checks(dir);
      assert.deepEqual(all.filter(({ message }) => /journal/.test(message)), []);
      assert.equal(all.find(({ name }) => name === "database")!.state, "ok");
    }),
);

testOnSqlite(
  "doctor warns of a journal that lets readers wait for writers",
  () =>
    inTempDir(async (dir) => {
      await (await openIn(dir)).close();
      const sql = new DatabaseSync(join(dir, "t.db"));
      try {
        sql.exec("PRAGMA journal_mode = DELETE");
        await using _ = await openIn(dir);
        assert.match(
          (await checks(dir)).map(({ message }) => message).join("\n"),
          /journal is "delete"/,
        );
      } finally {
        sql.close();
      }
    }),
);

testOnSqlite(
  "doctor does not write through a link in place of the staging directory",
  () =>
    withStore(async (store, dir) => {
      const [staging, outside] = [join(store.artifactDir!, ".staging"), join(dir, "outside")];
      await Deno.remove(staging, { recursive: true });
      await Deno.mkdir(outside);
      const before = await Deno.stat(outside);
      await Deno.symlink(outside, staging);
      const [directory] = (await checks(dir)).filter(({ name }) => name === "directory");
      assert.deepEqual(directory?.state, "warning");
      assert.match(directory!.message, /nothing can be put: .*not a directory/);
      assert.deepEqual((await Deno.stat(outside)).mtime, before.mtime);
    }),
);

testOnSqlite(
  "doctor warns of a directory that others can write to",
  () =>
    withStore(async (store, dir) => {
      if (Deno.build.os === "windows") return;
      await Deno.chmod(store.artifactDir!, 0o777);
      const messages = (await checks(dir)).map(({ message }) => message);
      assert.ok(messages.some((message) => /others than its owner may write in it/.test(message)));
    }),
);

testOnSqlite("doctor names runs whose process is gone", () =>
  withStore(async (store, dir) => {
    await store.startRun({ id: "alive" });
    assert.deepEqual(statesOf(await checks(dir), "runs"), ["ok"]);
    tamperRows(store, "UPDATE chachaml_processes SET heartbeat = 0, host = 'elsewhere'");
    const [check] = (await checks(dir)).filter(({ name }) => name === "runs");
    assert.match(check!.message, /^1 run without a living process \(alive\); end with/);
  }));

testOnSqlite(
  "doctor and verify report a model version whose artifact is gone",
  () =>
    withStore(async (store, dir) => {
      await store.models.register("iris", { runId: "r", artifact: "a" });
      tamperRows(store, "DELETE FROM artifacts");
      assert.deepEqual(statesOf(await checks(dir), "models"), ["problem"]);
      const verification = store.verify({ quick: true });
      const [finding] = await Array.fromAsync(verification);
      assert.equal(finding!.kind, "dangling-version");
      assert.match(finding!.message, /version 1 of the model "iris" is gone/);
      assert.equal((await verification.summary()).damaged, 1);
    }),
);

testOnSqlite(
  "doctor and verify see an index that does not agree with its table",
  () =>
    inTempDir(async (dir) => {
      {
        await using store = await openIn(dir);
        await store.startRun({ id: "r" });
        await store.artifacts.put("r", "a name", "x");
      }
      const path = join(dir, "t.db");
      const file = await Deno.readFile(path);
      const places = indexedAt(file, "a name");
      assert.ok(places.length > 0);
      for (const at of places) file[at] = file[at]! ^ 1;
      await Deno.writeFile(path, file);
      assert.deepEqual(statesOf(await checks(dir), "database"), ["problem"]);
      await using store = await openIn(dir, { readOnly: true });
      const kinds = async (quick: boolean) =>
        (await Array.fromAsync(store.verify({ quick }))).map(({ kind }) => kind);
      assert.ok((await kinds(false)).includes("damaged-database"));
      assert.ok(!(await kinds(true)).includes("damaged-database"));
    }),
);
