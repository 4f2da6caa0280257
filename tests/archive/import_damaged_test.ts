import assert from "node:assert/strict";
import { join as joinPath } from "@std/path";
import { openStore } from "../../mod.ts";
import { join, opened, rowsOf, streamOf } from "../support/archive_helpers.ts";
import { storedIn } from "../support/helpers.ts";
import { assertRefused, withArchive } from "../support/import_hostile_helpers.ts";

Deno.test("import() refuses every archive that is cut short", () =>
  withArchive(async (fixture) => {
    const { here, there, archive } = fixture;
    // Where blocks meet, beside that, and somewhere.
    const offsets = new Set([0, 1, 511, 513, archive.length - 1, archive.length - 1023]);
    for (let at = 0; at < archive.length; at += 512) offsets.add(at).add(at + 37).add(at + 511);
    for (const at of [...offsets].filter((at) => at < archive.length)) {
      await assertRefused(fixture, archive.slice(0, at), /cannot be read|cut short|start with/);
    }
    await there.import(streamOf(archive));
    assert.deepEqual(rowsOf(there).artifacts!.length, rowsOf(here).artifacts!.length + 1);
  }));

Deno.test("import() takes zeros behind the end for padding, and refuses anything else", () =>
  withArchive(async (fixture) => {
    const { there, archive } = fixture;
    const behind = (more: Uint8Array) => join([archive, new Uint8Array(700), more]);
    await assertRefused(fixture, behind(new Uint8Array([1])), /cannot be read/);
    await assertRefused(fixture, join([archive, archive]), /cannot be read/);
    await there.import(streamOf(behind(new Uint8Array(20_000))));
  }));

/** Bits that are flipped: deterministic, and spread over all of an archive. */
function* flips(length: number, count: number): Generator<number> {
  let state = 42;
  for (let i = 0; i < count; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    yield state % (length * 8);
  }
}

Deno.test("import() of an archive with a flipped bit is refused, or nothing but the manifest tells", () =>
  withArchive(async (fixture) => {
    const { here, dir, archive } = fixture;
    const { files } = opened(archive);
    const manifestEnd = archive.length - 1024 -
      files.reduce((sum, { body }) => sum + 512 + Math.ceil(body!.length / 512) * 512, 0);
    const hashes = rowsOf(here).artifacts!.map(({ hash }) => hash).sort();
    let [refused, taken] = [0, 0];
    await using there = await openStore({
      path: joinPath(dir, "flipped.db"),
      driver: "builtin",
      durability: "relaxed",
    });
    for (const bit of flips(archive.length, 400)) {
      const flipped = archive.slice();
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      try {
        const { runs: [run] } = await there.import(streamOf(flipped));
        taken++;
        // Padding, or text that is as good as it was; never the bytes of an artifact.
        const artifacts = await there.artifacts.list(run!.id);
        assert.deepEqual(artifacts.map(({ hash }) => hash).sort(), hashes, `bit ${bit}`);
        for (const artifact of artifacts) await artifact.bytes({ verify: true });
        if (bit >> 3 >= manifestEnd) assert.deepEqual(rowsOf(there), rowsOf(here), `bit ${bit}`);
        await there.runs.remove(run!.id);
      } catch (error) {
        assert.equal((error as { code?: string }).code, "archive", `bit ${bit}: ${error}`);
        refused++;
      }
      assert.deepEqual(await storedIn(there), [], `bit ${bit}`);
      assert.deepEqual(rowsOf(there).runs, []);
    }
    assert.ok(refused > 50 && taken > 50, `${refused} refused, ${taken} taken`);
  }));
