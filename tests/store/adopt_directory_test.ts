/** A directory that has files of others does not become an artifact directory by itself. */
import assert from "node:assert/strict";
import { join } from "@std/path";
import { InvalidOptionError, openStore } from "../../mod.ts";
import { inTempDir, openIn } from "../support/helpers.ts";

Deno.test("an artifact directory with files of others is refused, unless it is adopted", () =>
  inTempDir(async (dir) => {
    await (await openIn(dir)).close();
    const artifactDir = join(dir, "home");
    await Deno.mkdir(join(artifactDir, ".ssh"), { recursive: true });
    await Deno.writeTextFile(join(artifactDir, ".ssh/id_ed25519"), "secret");
    await Deno.writeTextFile(join(artifactDir, "notes.txt"), "mine");
    await Deno.symlink(artifactDir, join(dir, "link"));
    for (const place of [artifactDir, join(dir, "link")]) {
      await assert.rejects(openIn(dir, { artifactDir: place }), (error: Error) => {
        assert.ok(error instanceof InvalidOptionError, String(error));
        assert.match(error.message, /files that are not this store's, such as ".ssh"/);
        return true;
      });
    }
    await assert.rejects(openStore({ inMemory: true, artifactDir }), InvalidOptionError);
    {
      await using store = await openIn(dir, { artifactDir, adoptDirectory: true });
      await store.startRun({ id: "r" });
      await store.artifacts.put("r", "a", "a");
    }
    // From now on the directory is known.
    await using store = await openIn(dir, { artifactDir });
    assert.equal(await (await store.artifacts.get("r", "a")).text(), "a");
    assert.equal(await Deno.readTextFile(join(artifactDir, "notes.txt")), "mine");
  }));

Deno.test("a store of another program has its directory, noted or not", () =>
  inTempDir(async (dir) => {
    {
      await using store = await openIn(dir);
      await store.startRun({ id: "r" });
      await store.artifacts.put("r", "a", "a");
    }
    await Deno.remove(join(dir, "t-artifacts/.staging"), { recursive: true });
    await using store = await openIn(dir);
    assert.equal(await (await store.artifacts.get("r", "a")).text(), "a");
  }));

Deno.test("a FIFO in the place of the note about the owner does not hang", () =>
  inTempDir(async (dir) => {
    await (await openIn(dir)).close();
    const note = join(dir, "t-artifacts/.staging/owner");
    await Deno.remove(note);
    const { success } = await new Deno.Command("mkfifo", { args: [note] }).output();
    assert.ok(success);
    await using store = await openIn(dir);
    await store.startRun({ id: "r" });
    await store.artifacts.put("r", "a", "a");
  }));
