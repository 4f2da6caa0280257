/** A store is two plain parts: moving it needs no more than moving these. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { dirname, join } from "@std/path";
import { type OpenOptions, openStore } from "../../mod.ts";
import { type Contents, contentsOf, copyTree, filled, namesIn } from "../support/backup_helpers.ts";
import { inTempDir, tree } from "../support/helpers.ts";
import { leaveReplacement } from "../support/replacement_helpers.ts";

async function run(command: string, ...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(command, { args }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
}

/** Makes a filled store, `home/t.db`, that a writer has closed; tells what is in it. */
async function makeStore(dir: string): Promise<Contents> {
  await using store = await filled(join(dir, "home"));
  return await contentsOf(store);
}

/** Opens what has been moved: it says the same, is whole, and can be gone on with. */
async function requireSame(options: OpenOptions, contents: Contents): Promise<void> {
  {
    await using store = await openStore({ ...options, driver: "builtin", readOnly: true });
    assert.deepEqual(await contentsOf(store), contents);
  }
  await using store = await openStore({ ...options, driver: "builtin" });
  const whole = { artifacts: contents.artifacts.length, bytes: 1_600_018 };
  assert.deepEqual(await store.verify().summary(), {
    ...whole,
    damaged: 0,
    hashed: whole.artifacts,
    leftovers: 0,
    foreign: 0,
  });
  await store.artifacts.put("r", "after the move", "x");
  assert.equal(
    await (await store.artifacts.get("r", "after the move")).text({ verify: true }),
    "x",
  );
  await store.artifacts.put("r", "a", "other", { ifExists: "replace" });
  await store.artifacts.remove("r", "deep/er/b");
  assert.equal((await store.verify().summary()).damaged, 0);
}

/** Ways to move the directory `home` below `dir`; each tells the database's new path. */
const WAYS: Record<string, (dir: string) => Promise<string>> = {
  "renaming its directory": async (dir) => {
    await Deno.rename(join(dir, "home"), join(dir, "new"));
    return join(dir, "new/t.db");
  },
  "cp -a": async (dir) => {
    await copyTree(join(dir, "home"), join(dir, "new"));
    await Deno.remove(join(dir, "home"), { recursive: true });
    return join(dir, "new/t.db");
  },
  "tar": async (dir) => {
    await run("tar", "-cf", join(dir, "home.tar"), "-C", dir, "home");
    await Deno.remove(join(dir, "home"), { recursive: true });
    await Deno.mkdir(join(dir, "new"));
    await run("tar", "-xf", join(dir, "home.tar"), "-C", join(dir, "new"));
    return join(dir, "new/home/t.db");
  },
  "renaming both parts to another name": async (dir) => {
    await Deno.rename(join(dir, "home/t.db"), join(dir, "foo.db"));
    await Deno.rename(join(dir, "home/t-artifacts"), join(dir, "foo-artifacts"));
    return join(dir, "foo.db");
  },
  "renaming both parts to a name that does not end in .db": async (dir) => {
    await Deno.rename(join(dir, "home/t.db"), join(dir, "foo.sqlite"));
    await Deno.rename(join(dir, "home/t-artifacts"), join(dir, "foo.sqlite-artifacts"));
    return join(dir, "foo.sqlite");
  },
  "links to both parts": async (dir) => {
    await Deno.mkdir(join(dir, "new"));
    await Deno.symlink(join(dir, "home/t.db"), join(dir, "new/x.db"));
    await Deno.symlink(join(dir, "home/t-artifacts"), join(dir, "new/x-artifacts"));
    return join(dir, "new/x.db");
  },
};

for (const [way, move] of Object.entries(WAYS)) {
  Deno.test(`a store is moved by ${way}`, () =>
    inTempDir(async (dir) => {
      const contents = await makeStore(dir);
      const path = await move(dir);
      await requireSame({ path }, contents);
      const artifactDir = path.replace(/\.db$/, "") + "-artifacts";
      assert.ok(tree(artifactDir).includes("r/after the move"));
      assert.ok(!namesIn(dirname(path)).some((name) => /-(wal|shm)$/.test(name)));
    }));
}

Deno.test("a store is moved while nothing but its database is, or nothing but its artifacts are", () =>
  inTempDir(async (dir) => {
    const contents = await makeStore(dir);
    await Deno.mkdir(join(dir, "new"));
    const artifactDir = join(dir, "home/t-artifacts");
    await Deno.rename(join(dir, "home/t.db"), join(dir, "new/foo.db"));
    {
      const moved = { path: join(dir, "new/foo.db"), artifactDir, driver: "builtin" } as const;
      await using store = await openStore(moved);
      assert.deepEqual(await contentsOf(store), contents);
    }
    // None is made beside it meanwhile.
    assert.deepEqual(namesIn(join(dir, "new")), ["foo.db"]);
    await Deno.rename(artifactDir, join(dir, "elsewhere"));
    await requireSame(
      { path: join(dir, "new/foo.db"), artifactDir: join(dir, "elsewhere") },
      contents,
    );
  }));

Deno.test("a store whose artifacts were left behind says so, and is whole once they have come", () =>
  inTempDir(async (dir) => {
    const contents = await makeStore(dir);
    await Deno.mkdir(join(dir, "new"));
    await Deno.rename(join(dir, "home/t.db"), join(dir, "new/t.db"));
    {
      await using store = await openStore({ path: join(dir, "new/t.db"), readOnly: true });
      assert.equal((await store.verify({ quick: true }).summary()).damaged, 4);
      await assert.rejects(
        (await store.artifacts.get("r", "a")).text(),
        /its file is missing; restore it/,
      );
    }
    await Deno.rename(join(dir, "home/t-artifacts"), join(dir, "new/t-artifacts"));
    await requireSame({ path: join(dir, "new/t.db") }, contents);
  }));

function idOf(path: string, name: string): string {
  using database = new DatabaseSync(path);
  return String(database.prepare("SELECT id FROM artifacts WHERE name = ?").get(name)!.id);
}

/** What a crash leaves at each stage of replacing `r/a`: which bytes are in place, and what is noted. */
const STAGES = { "before the new bytes": "text of a", "after the new bytes": "new text" } as const;

for (const [stage, inPlace] of Object.entries(STAGES)) {
  for (const [way, move] of Object.entries(WAYS)) {
    Deno.test(`a replacement that a crash left ${stage} is settled after a move by ${way}`, () =>
      inTempDir(async (dir) => {
        await makeStore(dir);
        const artifacts = join(dir, "home/t-artifacts");
        const staged = "0e3c5a52-8f3e-4d0a-9d1c-5b1f4f0b7a11";
        const text = new TextEncoder().encode("new text");
        const artifactId = idOf(join(dir, "home/t.db"), "a");
        await leaveReplacement(artifacts, { key: "r/a", artifactId, text: "new text", staged });
        const put = inPlace === "new text" ? "r/a" : `.staging/${staged}`;
        await Deno.remove(join(artifacts, "r/a")).catch(() => {});
        if (put !== "r/a") await Deno.writeTextFile(join(artifacts, "r/a"), "text of a");
        await Deno.writeFile(join(artifacts, put), text);
        // Also left: an orphan, and bytes of a put that did not get to its end.
        await Deno.writeTextFile(join(artifacts, "r/orphan"), "left behind");
        await Deno.writeTextFile(join(artifacts, `.staging/${crypto.randomUUID()}`), "left behind");
        const path = await move(dir);
        await using store = await openStore({ path, driver: "builtin" });
        assert.equal(await (await store.artifacts.get("r", "a")).text({ verify: true }), inPlace);
        assert.equal((await store.verify().summary()).damaged, 0);
        await store.gc({ grace: 0 });
        assert.equal((await store.verify().summary()).leftovers, 0);
        assert.equal((await store.artifacts.find({})).length, 4);
      }));
  }
}

Deno.test("a store is moved with what a killed writer has left in its -wal", () =>
  inTempDir(async (dir) => {
    const contents = await makeStore(dir);
    // While a writer has it open, all that it has committed last is in the -wal alone.
    await using store = await openStore({ path: join(dir, "home/t.db"), driver: "builtin" });
    await store.artifacts.put("r", "later", "later text");
    const copy = join(dir, "copy");
    await copyTree(join(dir, "home"), copy);
    assert.ok(Deno.statSync(join(copy, "t.db-wal")).size > 0);
    await Deno.rename(copy, join(dir, "new"));
    await using moved = await openStore({ path: join(dir, "new/t.db"), driver: "builtin" });
    assert.equal(
      await (await moved.artifacts.get("r", "later")).text({ verify: true }),
      "later text",
    );
    assert.equal((await moved.artifacts.find({})).length, contents.artifacts.length + 1);
    assert.equal((await moved.verify().summary()).damaged, 0);
  }));
