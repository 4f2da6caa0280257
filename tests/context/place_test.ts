/** Which adapter a place asks for, and what may be shown of it. */
import assert from "node:assert/strict";
import { join } from "@std/path";
import { InvalidOptionError, openStore, restoreStore, StoreNotFoundError } from "../../mod.ts";
import { withoutSecrets } from "../../src/base/url.ts";
import { chachaml } from "../support/cli_helpers.ts";
import { inTempDir, tree } from "../support/helpers.ts";

Deno.test("what is shown of a URL has no password, however it is written", () => {
  const cases: Record<string, string> = {
    "postgres://u:secret@h:5432/db": "postgres://u:***@h:5432/db",
    "postgres://u@h/db?currentSchema=x": "postgres://u@h/db?currentSchema=x",
    "postgres://u:se@cr/e?t#x@h/db": "postgres://u:***@h/db",
    "postgres://h/db?user=u&password=secret&x=1": "postgres://h/db?user=u&password=***&x=1",
    "s3://bucket/prefix?secret-access-key=k&region=r":
      "s3://bucket/prefix?secret-access-key=***&region=r",
    "s3://key:secret@bucket/prefix": "s3://key:***@bucket/prefix",
  };
  for (const [url, shown] of Object.entries(cases)) assert.equal(withoutSecrets(url), shown);
});

Deno.test("openStore() refuses a place that no adapter knows, without its password", async () => {
  const cases = [
    [{ path: "mysql://u:secret@h/db" }, /path takes .*, not mysql:\/\/u:\*\*\*@h\/db/],
    [{ path: new URL("ftp://u:secret@h/db") }, /not ftp:\/\/u:\*\*\*@h\/db/],
    [{ path: "t.db", artifactDir: "gs://u:secret@bucket" }, /artifactDir takes .*, not gs:/],
    [{ path: "postgres://u:secret@h/db" }, /name the directory or the bucket.*\(artifactDir\)/],
    [{ path: "s3://u:secret@h/db" }, /path takes/],
  ] as const;
  for (const [options, message] of cases) {
    await assert.rejects(openStore(options), (error: Error) => {
      assert.ok(error instanceof InvalidOptionError, error.message);
      assert.match(error.message, message);
      assert.doesNotMatch(error.message, /secret/);
      return true;
    });
  }
});

Deno.test("openStore() without create makes nothing where there is no store", () =>
  inTempDir(async (dir) => {
    const path = join(dir, "t.db");
    await assert.rejects(openStore({ path, create: false }), StoreNotFoundError);
    assert.deepEqual(tree(dir), []);
    await (await openStore({ path })).close();
    await (await openStore({ path, create: false })).close();
  }));

Deno.test("restoreStore() takes a backup of files, and no file beside a bucket, and says so", () =>
  inTempDir(async (dir) => {
    const url = "postgres://u:secret@h/db";
    const places = [
      restoreStore(url, { path: join(dir, "t.db") }),
      restoreStore(dir, { path: join(dir, "t.db"), artifactDir: "s3://bucket" }),
    ];
    for (const restoring of places) {
      await assert.rejects(restoring, (error: Error) => {
        assert.match(error.message, /^Cannot restore .*it takes a database file and a directory$/);
        assert.doesNotMatch(error.message, /secret/);
        return true;
      });
    }
  }));

Deno.test("the command line keeps its network for a store on a server, and no other", () =>
  inTempDir(async (dir) => {
    const dropped: string[] = [];
    for (const db of [join(dir, "cli.db"), "postgres://u:secret@127.0.0.1:1/db"]) {
      const outcome = await chachaml(dir, ["runs"], {
        env: { CHACHAML_DB: db, CHACHAML_ARTIFACT_DIR: join(dir, "a") },
        dropNetwork: () => void dropped.push(db),
      });
      assert.equal(outcome.code, 1);
      assert.doesNotMatch(outcome.err, /secret/);
    }
    assert.deepEqual(dropped, [join(dir, "cli.db")]);
  }));
