/** How much memory large artifacts take, and what is downloaded by whom. */
import assert from "node:assert/strict";
import { fromFileUrl, join } from "@std/path";
import { childFlags, inTempDir } from "../../support/helpers.ts";
import { freshPlace, testWithS3 } from "../../support/s3.ts";

const CHILD = fromFileUrl(new URL("../../support/children/s3_memory.ts", import.meta.url));

for (const work of ["put", "read"]) {
  testWithS3(`to ${work} a large artifact takes less than 100 MiB of memory`, async () => {
    await inTempDir(async (dir) => {
      const run = async (work: string) => {
        const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
          args: ["run", "-A", ...childFlags(), CHILD, join(dir, "t.db"), place, work],
        }).output();
        assert.ok(success, new TextDecoder().decode(stderr));
        return Number(new TextDecoder().decode(stdout)) / 1024;
      };
      const place = await freshPlace();
      const put = await run("put");
      const peak = work === "put" ? put : await run("read");
      console.log(`to ${work} 200 MiB took ${peak.toFixed(0)} MiB at most`);
      assert.ok(peak < 100, `${peak} MiB`);
    });
  });
}

Deno.test("who opens a store of files downloads nothing that buckets need", async () => {
  await inTempDir(async (dir) => {
    const program = join(dir, "program.ts");
    const mod = new URL("../../../mod.ts", import.meta.url);
    await Deno.writeTextFile(
      program,
      `import { openStore } from ${JSON.stringify(mod.href)};
      await using store = await openStore({ inMemory: true, driver: "builtin" });
      await (await store.startRun()).put("a", "text");`,
    );
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", ...childFlags(), program],
      env: { DENO_DIR: join(dir, "cache") },
    }).output();
    const said = new TextDecoder().decode(stderr);
    assert.ok(success, said);
    assert.ok(said.includes("Download"), "nothing was downloaded: the cache is not empty");
    assert.doesNotMatch(said, /aws|smithy|npmjs\.org\/postgres/);
  });
});
