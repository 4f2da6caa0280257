import assert from "node:assert/strict";
import { join } from "@std/path";
import { chachaml, fails, json, ok, startRun } from "../support/cli_helpers.ts";
import { inTempDir } from "../support/helpers.ts";

/** A store with a run `r` that two versions of a model `iris` are made of. */
async function withModel(work: (dir: string) => Promise<void>): Promise<void> {
  await inTempDir(async (dir) => {
    await startRun(dir, "--id", "r", "--tag", "stage=draft", "--param", "lr=0.1");
    for (const [name, bytes] of [["models/a.onnx", "first"], ["models/b.onnx", "second"]]) {
      await ok(dir, ["put", "r", "-", "--as", name!], { stdin: bytes! });
      await ok(dir, ["register", "iris", "r", name!]);
    }
    await ok(dir, ["promote", "iris", "2"]);
    await work(dir);
  });
}

Deno.test("log removes a tag, and corrects a param only with --force", async () => {
  await withModel(async (dir) => {
    const { err } = await chachaml(dir, ["log", "r", "--untag", "stage", "--tag", "new=1"]);
    assert.equal(err, "logged 1 tag to r\nremoved 1 tag from r\n");
    assert.deepEqual((await json(dir, ["show", "r"])).run.tags, { new: "1" });
    await fails(dir, ["log", "r", "--tag", "a=1", "--untag", "a"], 2, /"a"/);
    const missing = /Cannot untag run "r": it has no tag "nwe"; did you mean "new"\?$/m;
    await fails(dir, ["log", "r", "loss=1", "--untag", "nwe"], 1, missing);
    assert.deepEqual((await json(dir, ["show", "r"])).metrics, []);
    await fails(dir, ["log", "r", "--param", "lr=0.2"], 1, /--force/);
    await ok(dir, ["log", "r", "--param", "lr=0.2", "--force"]);
    const { params, run } = await json(dir, ["show", "r"]);
    assert.deepEqual([params.lr, run.tags["corrected/lr"]], [0.2, "0.1"]);
    await fails(dir, ["log", "r", "loss=1", "--force"], 2, /--param/);
  });
});

Deno.test("models and experiments are described, and listed with it", async () => {
  await withModel(async (dir) => {
    await ok(dir, ["models", "iris", "--describe", "Species"]);
    assert.equal((await json(dir, ["models"]))[0].description, "Species");
    await ok(dir, ["models", "iris", "--describe", ""]);
    assert.equal((await json(dir, ["models"]))[0].description, null);
    await ok(dir, ["experiments", "default", "--describe", "Baselines", "--owner", "ada"]);
    assert.match(await ok(dir, ["experiments"]), /default +1 .*ada +Baselines/);
    const { description, owner, runs } = await json(dir, ["experiments", "default"]);
    assert.deepEqual([description, owner, runs], ["Baselines", "ada", 1]);
    await fails(dir, ["experiments", "defualt"], 2, /did you mean default/);
  });
});

Deno.test("get and cat take a version of a model", async () => {
  await withModel(async (dir) => {
    assert.equal(await ok(dir, ["cat", "iris@production"]), "second");
    assert.equal(await ok(dir, ["cat", "iris@1"]), "first");
    assert.equal(await ok(dir, ["get", "iris@1", "-"]), "first");
    const { savedTo } = await json(dir, ["get", "iris@production", dir]);
    assert.equal(savedTo, join(dir, "b.onnx"));
    assert.equal(await Deno.readTextFile(savedTo), "second");
    await fails(dir, ["cat", "r"], 2, /name the artifact/);
    await fails(dir, ["cat", "iris@staging"], 1, /staging/);
  });
});

Deno.test("unregister removes a version or a model, asks first, and leaves artifacts", async () => {
  await withModel(async (dir) => {
    await fails(dir, ["unregister", "iris", "2"], 2, /stage production/);
    assert.deepEqual(await json(dir, ["unregister", "iris", "2", "--yes"]), {
      removed: { model: "iris", version: 2 },
    });
    assert.equal((await json(dir, ["models", "iris"])).length, 1);
    await ok(dir, ["unregister", "iris", "--yes"]);
    assert.deepEqual(await json(dir, ["models"]), []);
    assert.equal((await json(dir, ["ls", "r"])).length, 2);
    assert.equal((await chachaml(dir, ["unregister", "iris", "--yes"])).code, 1);
    await fails(dir, ["unregister", "iris", "first"], 2, /a version is a number/);
  });
});

Deno.test("show lists the runs that are part of a run", async () => {
  await inTempDir(async (dir) => {
    await startRun(dir, "--id", "parent");
    await startRun(dir, "--id", "child", "--parent", "parent", "--name", "fold 1");
    assert.match(await ok(dir, ["show", "parent"]), /CHILD +NAME +STATUS\nchild +fold 1 +running/);
    assert.deepEqual(
      (await json(dir, ["show", "parent"])).children.map((run: { id: string }) => run.id),
      [
        "child",
      ],
    );
  });
});

Deno.test("on a narrow terminal each row of a list is a block of lines", async () => {
  await inTempDir(async (dir) => {
    await startRun(dir, "--id", "a", "--name", "one", "--experiment", "iris");
    await startRun(dir, "--id", "b", "--name", "a name that is much too long for the line");
    const lines = (await ok(dir, ["runs"], { columns: 40 })).trimEnd().split("\n");
    assert.ok(lines.every((line) => line.length <= 40), lines.join("\n"));
    assert.deepEqual(lines.slice(-6, -3), ["RUN         a", "EXPERIMENT  iris", "NAME        one"]);
    assert.ok(lines.includes(""), "a blank line stands between two rows");
  });
});

Deno.test("rm --children says all that goes, before and after", async () => {
  await inTempDir(async (dir) => {
    await startRun(dir, "--id", "top");
    await startRun(dir, "--id", "fold", "--parent", "top");
    await startRun(dir, "--id", "deep", "--parent", "fold");
    for (const id of ["deep", "fold", "top"]) await ok(dir, ["end", id]);
    await fails(dir, ["rm", "top", "--children"], 2, /removes 3 runs: top .*; fold .*; deep /);
    const { err } = await chachaml(dir, ["rm", "top", "fold", "--runs", "--children", "--yes"]);
    assert.match(err, /^removed 3 runs/);
    assert.deepEqual(await json(dir, ["runs"]), []);
  });
});
