/**
 * A server that goes away, connections that are cut, clients that are killed: what was acknowledged is
 * there, and no record lacks its bytes.
 */
import assert from "node:assert/strict";
import { fromFileUrl } from "@std/path";
import {
  openStore,
  RunNotFoundError,
  StorageError,
  type Store,
  StoreBusyError,
} from "../../../mod.ts";
import { Database, LIFE } from "../../../src/metadata/postgres/database.ts";
import { serverOf } from "../../../src/metadata/postgres/server.ts";
import { CuttingProxy } from "../../support/cutting_proxy.ts";
import { childFlags, inTempDir } from "../../support/helpers.ts";
import { startServer, testWithPostgres } from "../../support/postgres.ts";

const HOW = { readOnly: false, durability: "full", busyTimeout: 20_000, poolSize: 2 } as const;

/** The URL of a schema as it is reached through a proxy. */
function through(url: string, proxy: CuttingProxy): string {
  const other = new URL(url);
  other.port = String(proxy.port);
  return other.href;
}

/** What is done while connections are cut. Each may fail; what it says to have done must be there. */
const OPERATIONS: Record<string, (store: Store) => Promise<() => Promise<void>>> = {
  put: async (store) => {
    const name = crypto.randomUUID();
    await store.artifacts.put("r", name, name);
    return async () => assert.equal(await (await store.artifacts.get("r", name)).text(), name);
  },
  replace: async (store) => {
    const text = crypto.randomUUID();
    await store.artifacts.put("r", "changing", text, { ifExists: "replace" });
    return async () => {
      assert.equal(await (await store.artifacts.get("r", "changing")).text({ verify: true }), text);
    };
  },
  remove: async (store) => {
    const { id } = await store.artifacts.put("r", crypto.randomUUID(), "x");
    await store.artifacts.remove(id);
    return async () => assert.equal(await store.artifacts.has(id), false);
  },
  directory: async (store) => {
    const dir = await Deno.makeTempDir();
    const prefix = crypto.randomUUID();
    try {
      for (const name of ["a", "b", "c"]) await Deno.writeTextFile(`${dir}/${name}`, name);
      await store.artifacts.putDirectory("r", dir, { prefix, concurrency: 1 });
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
    return async () => {
      for (const name of ["a", "b", "c"]) {
        assert.equal(await (await store.artifacts.get("r", `${prefix}/${name}`)).text(), name);
      }
    };
  },
  prune: async (store) => {
    const run = await store.startRun({ experiment: "old" });
    await run.put("x", "x");
    await run.end();
    await store.runs.prune({ experiment: "old", keepLast: 0 });
    return async () => {
      await assert.rejects(store.runs.get(run.id), RunNotFoundError);
    };
  },
  import: async (store) => {
    await using other = await openStore({ inMemory: true, driver: "builtin" });
    const run = await other.startRun();
    await run.put("data", "imported");
    await run.end();
    await store.import(other.export([run.id]));
    return async () => {
      assert.equal(await (await store.artifacts.get(run.id, "data")).text(), "imported");
    };
  },
  metrics: async (store) => {
    const key = crypto.randomUUID();
    await store.metrics.logPoints("r", [{ key, value: 1 }, { key, value: 2 }]);
    return async () => assert.equal((await store.metrics.points("r", key)).length, 2);
  },
};

/** Asserts that no record lacks its bytes, and that nothing is damaged. */
async function assertWhole(store: Store): Promise<void> {
  const { damaged } = await store.verify().summary();
  assert.equal(damaged, 0);
}

testWithPostgres((test) => {
  for (const [name, operate] of Object.entries(OPERATIONS)) {
    test(`a connection that is cut at each packet of ${name} loses nothing acknowledged`, (server) =>
      inTempDir(async (dir) => {
        await using proxy = new CuttingProxy(Number(new URL(server.url).port));
        const url = through(server.newSchema(), proxy);
        await using store = await openStore({ path: url, artifactDir: dir, poolSize: 2 });
        await store.startRun({ id: "r" });
        await store.artifacts.put("r", "changing", "first");
        let [points, failed] = [0, 0];
        for (let packet = 1;; packet++) {
          let isCut = false;
          proxy.cutAt(packet, () => isCut = true);
          const check = await operate(store).catch((error) => {
            assert.ok(error instanceof StorageError, `${packet}: ${error.stack}`);
            failed++;
          });
          proxy.cutAt(Infinity);
          await check?.();
          if (!isCut) break;
          points++;
        }
        await assertWhole(store);
        assert.ok(points > 2);
        console.log(`${name}: ${points} points tried: ${failed} failed, the others were retried`);
      }));
  }

  test("a lock that is held for too long is busy, and a waiting put can be withdrawn", (server) =>
    inTempDir(async (dir) => {
      const url = server.newSchema();
      await using store = await openStore({ path: url, artifactDir: dir, busyTimeout: 200 });
      await store.startRun({ id: "r" });
      const database = new Database(await serverOf(url), HOW);
      try {
        await database.write(async (sql) => {
          await sql.all("SELECT 1 FROM runs WHERE id = 'r' FOR UPDATE");
          await assert.rejects(store.runs.logParams("r", { a: 1 }), StoreBusyError);
          const controller = new AbortController();
          const putting = store.artifacts.put("r", "a", "text", { signal: controller.signal });
          const reason = new Error("enough");
          setTimeout(() => controller.abort(reason), 50);
          await assert.rejects(putting, reason);
        });
      } finally {
        await database.close();
      }
      await store.runs.logParams("r", { a: 1 });
      assert.equal(await store.artifacts.has("r", "a"), false);
    }));

  test("transactions that lock each other out are tried again", async (server) => {
    const url = server.newSchema();
    await (await openStoreIn(url)).close();
    const database = new Database(await serverOf(url), { ...HOW, poolSize: 6 });
    try {
      await database.write((sql) =>
        sql.run("INSERT INTO experiments (name, created_at) VALUES ('a', 0), ('b', 0)")
      );
      let tries = 0;
      const change = (first: string, second: string) =>
        database.write(async (sql) => {
          tries++;
          await sql.run("UPDATE experiments SET created_at = created_at + 1 WHERE name = ?", first);
          await new Promise((resolve) => setTimeout(resolve, 50));
          await sql.run(
            "UPDATE experiments SET created_at = created_at + 1 WHERE name = ?",
            second,
          );
        });
      await Promise.all([change("a", "b"), change("b", "a")]);
      assert.ok(tries > 2);
      const rows = await database.read((sql) => sql.all("SELECT created_at FROM experiments"));
      assert.deepEqual(rows.map(({ created_at }) => created_at), [2, 2]);
    } finally {
      await database.close();
    }
  });

  test("a server that cannot be reached says what to check, without the password", (server) =>
    inTempDir(async (dir) => {
      const { port } = new URL(server.url);
      const cases: Record<string, RegExp> = {
        "postgres://u:secret@127.0.0.1:1/d": /nothing listens at 127\.0\.0\.1:1/,
        [`postgres://nobody:secret@127.0.0.1:${port}/d`]: /refuses to sign in nobody.*PGPASSWORD/,
        "postgres://u:secret@host.invalid/d": /host\.invalid/,
      };
      for (const [path, message] of Object.entries(cases)) {
        await assert.rejects(openStore({ path, artifactDir: dir }), (error: Error) => {
          assert.ok(error instanceof StorageError, path);
          assert.match(error.message, message);
          assert.doesNotMatch(Deno.inspect(error), /secret/);
          return true;
        });
      }
      const none = new URL(server.url);
      none.pathname = "/none";
      await assert.rejects(
        openStore({ path: none.href, artifactDir: dir }),
        /has no database "none"; create it/,
      );
    }));
}, { losesConnections: true });

async function openStoreIn(path: string): Promise<Store> {
  return await openStore({ path, artifactDir: await Deno.makeTempDir() });
}

testWithPostgres((test) => {
  test("a server that is killed and restarted is waited for; what was acknowledged is there", () =>
    inTempDir(async (dir) => {
      await using server = await startServer();
      await using store = await openStore({ path: server.newSchema(), artifactDir: dir });
      await store.startRun({ id: "r" });
      const acknowledged: string[] = [];
      let isOver = false;
      const writing = Array.from({ length: 4 }, async (_, writer) => {
        for (let at = 0; !isOver; at++) {
          const name = `${writer}/${at}`;
          const put = store.artifacts.put("r", name, name);
          await put.then(() => acknowledged.push(name), (error) => {
            assert.ok(error instanceof StorageError, error.stack);
          });
        }
      });
      for (let round = 0; round < 3; round++) {
        const before = acknowledged.length;
        while (acknowledged.length < before + 5) await new Promise((r) => setTimeout(r, 20));
        await server.kill();
        await server.restart();
      }
      isOver = true;
      await Promise.all(writing);
      for (const name of acknowledged) {
        assert.equal(await (await store.artifacts.get("r", name)).text({ verify: true }), name);
      }
      await assertWhole(store);
      console.log(`3 restarts: ${acknowledged.length} puts acknowledged, none lost`);
    }));

  test("a crash of the server is told from a restart, since it may give an id again", async () => {
    await using server = await startServer();
    const lifeNow = async () => {
      const database = new Database(await serverOf(server.newSchema()), HOW);
      try {
        return (await database.read((sql) => sql.get(`SELECT ${LIFE} AS life`)))?.life;
      } finally {
        await database.close();
      }
    };
    const first = await lifeNow();
    assert.equal(typeof first, "string");
    await server.stop();
    await server.restart();
    assert.equal(await lifeNow(), first, "a restart keeps the ids that were given");
    await server.kill();
    await server.restart();
    assert.notEqual(await lifeNow(), first);
  });

  test("a client that is killed at a packet leaves no record without its bytes", (server) =>
    inTempDir(async (dir) => {
      await using proxy = new CuttingProxy(Number(new URL(server.url).port));
      const url = server.newSchema();
      await using store = await openStore({ path: url, artifactDir: dir });
      await store.startRun({ id: "r" });
      await store.artifacts.put("r", "changing", "first");
      const child = fromFileUrl(
        new URL("../../support/children/postgres_child.ts", import.meta.url),
      );
      let killed = 0;
      for (const packet of [4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 20, 22, 25, 28]) {
        const command = new Deno.Command(Deno.execPath(), {
          args: ["run", "-A", ...childFlags(), child],
          env: { CHACHAML_DB: through(url, proxy), CHACHAML_ARTIFACT_DIR: dir },
          stdin: "null",
          stdout: "piped",
          stderr: "piped",
        }).spawn();
        proxy.cutAt(packet, () => {
          killed++;
          command.kill("SIGKILL");
        });
        const { stdout } = await command.output();
        proxy.cutAt(Infinity);
        const lines = new TextDecoder().decode(stdout).split("\n").filter((line) => line !== "");
        for (const name of lines) assert.equal(await store.artifacts.has("r", name), true, name);
      }
      await assertWhole(store);
      await store.gc({ grace: 0 });
      await assertWhole(store);
      console.log(`a client: ${killed} points tried: killed, no record without its bytes`);
    }));
}, { losesConnections: true });
