/** Where a database is created, for whom, and what must not be there. */
import assert from "node:assert/strict";
import { dirname, fromFileUrl, join } from "@std/path";
import { NotAStoreError, openStore } from "../../mod.ts";
import { packageFlags } from "../support/children/flags.ts";
import { inTempDir, openIn, testEachDriver, testWithFifo } from "../support/helpers.ts";

testWithFifo(
  "a named pipe in place of the database or its log is refused",
  (makeFifo) =>
    inTempDir(async (dir) => {
      for (const end of ["", "-wal", "-shm", "-journal"]) {
        for (const readOnly of [true, false]) {
          const path = join(dir, `${readOnly}${end}.db`);
          if (end !== "") await Deno.writeFile(path, new Uint8Array());
          await makeFifo(path + end);
          await assert.rejects(
            openStore({ path, readOnly, driver: "builtin" }),
            (error) =>
              error instanceof NotAStoreError && /named pipe or a device/.test(error.message),
          );
        }
      }
    }),
);

testEachDriver(
  "the files of a database are open to a group as far as the umask allows",
  (driver) =>
    inTempDir(async (dir) => {
      for (const [umask, mode] of [[0o002, 0o664], [0o077, 0o600], [0o022, 0o644]] as const) {
        const before = Deno.umask(umask);
        try {
          const path = join(dir, `${umask}`, "t.db");
          await using store = await openStore({ path, driver });
          await store.startRun();
          for (const end of ["", "-wal", "-shm"]) {
            assert.equal((await Deno.stat(path + end)).mode! & 0o777, mode, `${umask} ${end}`);
          }
        } finally {
          Deno.umask(before);
        }
      }
    }),
);

const rootMissing = Deno.build.os === "linux" && Deno.uid() === 0
  ? undefined
  : "only root can be two users";

Deno.test({
  name: "two users of one group write to one store" + (rootMissing ? ` (${rootMissing})` : ""),
  ignore: rootMissing !== undefined,
  fn: () =>
    inTempDir(async (dir) => {
      // Programs and modules that both may read: root's own may be closed to them.
      await Deno.chmod(dir, 0o755);
      const [deno, source, shared] = ["deno", "source", "shared"].map((name) => join(dir, name));
      await Deno.copyFile(await Deno.realPath(Deno.execPath()), deno!);
      await Deno.chmod(deno!, 0o755);
      const bundle = join(source!, "put.js");
      await Deno.mkdir(source!);
      const child = fromFileUrl(new URL("../support/children/group_put.ts", import.meta.url));
      const bundled = await new Deno.Command(Deno.execPath(), {
        args: [
          "bundle",
          ...packageFlags(),
          "-o",
          bundle,
          child,
        ],
        stderr: "piped",
        stdout: "piped",
      }).output();
      assert.ok(bundled.success, new TextDecoder().decode(bundled.stderr));
      await Deno.mkdir(shared!);
      await Deno.chown(shared!, null, 2000);
      await Deno.chmod(shared!, 0o2775);
      for (const uid of [1234, 1235, 1234, 1235]) {
        const { success, stderr } = await new Deno.Command(deno!, {
          args: ["run", "-A", "--no-prompt", bundle, join(shared!, "team", "t.db"), `${uid}`],
          env: { DENO_DIR: join(dir, `cache-${uid}`), HOME: dir, DENO_NO_UPDATE_CHECK: "1" },
          cwd: dirname(bundle),
          uid,
          gid: 2000,
          stdin: "null",
        }).output();
        assert.ok(success, new TextDecoder().decode(stderr));
      }
      await using store = await openStore({ path: join(shared!, "team", "t.db") });
      const names = (await store.artifacts.find({})).map(({ name }) => name);
      assert.equal(names.length, 4);
    }),
});

testEachDriver(
  "an empty log that a full disk left behind is no obstacle, and stays as it is",
  (driver) =>
    inTempDir(async (dir) => {
      {
        await using store = await openIn(dir, { driver });
        await store.startRun({ id: "r" });
      }
      await Deno.writeFile(join(dir, "t.db-wal"), new Uint8Array());
      const names = () => [...Deno.readDirSync(dir)].map(({ name }) => name).sort();
      const before = names();
      {
        await using store = await openIn(dir, { driver, readOnly: true });
        assert.equal((await store.runs.list()).length, 1);
        assert.deepEqual(names(), before);
      }
      await using store = await openIn(dir, { driver });
      await store.startRun({ id: "s" });
    }),
);
