/** The set-up that the page for teams gives. */
import assert from "node:assert/strict";
import { join } from "@std/path";
import { ok } from "../../support/cli_helpers.ts";
import { blocksOf } from "../../support/examples.ts";
import { inTempDir } from "../../support/helpers.ts";
import { testWithPostgres } from "../../support/postgres.ts";

testWithPostgres((test) => {
  test("the commands of the set-up for teams succeed, in their order, on an empty database", (server) =>
    inTempDir(async (dir) => {
      const block = (await blocksOf("docs/teams.md", "sh")).find((it) =>
        it.includes("createuser")
      )!;
      const commands = [...block.matchAll(/^chachaml ([^#\n]*)/gm)]
        .map(([, args]) => args!.trim().split(" "));
      assert.ok(commands.length > 0);
      const env = {
        CHACHAML_DB: server.newSchema(),
        CHACHAML_ARTIFACT_DIR: join(dir, "artifacts"),
      };
      for (const args of commands) await ok(dir, args, { env });
      const runs = await ok(dir, ["runs", "--json"], { env });
      assert.equal(JSON.parse(runs).length, 1);
    }));
});
