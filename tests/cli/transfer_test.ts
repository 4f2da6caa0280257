import assert from "node:assert/strict";
import { join } from "@std/path";
import { Interrupted } from "../../src/cli/io.ts";
import { membersOf, opened, streamOf } from "../support/archive_helpers.ts";
import { namesIn, stateOf, tamper } from "../support/backup_helpers.ts";
import { openIn } from "../support/helpers.ts";
import {
  assertRefused,
  chachaml,
  TEXTS,
  textsAt,
  withStore,
} from "../support/cli_transfer_helpers.ts";

Deno.test("export prints an archive and nothing else, of all the runs named", () =>
  withStore(async (dir) => {
    for (const args of [["r", "s"], ["s", "r", "--output", "-"]]) {
      const { code, err, bytes } = await chachaml(dir, ["export", ...args]);
      assert.deepEqual([code, err], [0, ""]);
      const runs = opened(bytes).manifest.runs.map(({ id }: { id: string }) => id);
      assert.deepEqual(runs, args.slice(0, 2));
      const names = membersOf(bytes).slice(1).map(({ name }) => name).sort();
      assert.deepEqual(names, Object.keys(TEXTS).sort());
    }
  }));

Deno.test("export --output saves an archive, and replaces a file only with --force", () =>
  withStore(async (dir) => {
    const path = join(dir, "x.tar");
    const saved = await chachaml(dir, ["export", "r", "--output", path]);
    assert.deepEqual([saved.code, saved.out], [0, ""]);
    const archive = await Deno.readFile(path);
    assert.equal(opened(archive).manifest.runs[0].id, "r");
    await Deno.writeTextFile(path, "mine");
    await assertRefused(dir, 2, [[["export", "s", "--output", path], /exists; pass --force/]]);
    assert.equal(await Deno.readTextFile(path), "mine");
    const forced = await chachaml(dir, ["export", "s", "--force", `--output=${path}`]);
    assert.equal(forced.code, 0);
    assert.equal(opened(await Deno.readFile(path)).manifest.runs[0].id, "s");
    assert.deepEqual(namesIn(dir).filter((name) => name.includes("tar")), ["x.tar"]);
  }));

Deno.test("export leaves out what is damaged, says so, and exits with 1", () =>
  withStore(async (dir, store) => {
    const path = join(dir, "x.tar");
    tamper(join(store.artifactDir!, "r/a"), "tExt");
    const { code, err } = await chachaml(dir, ["export", "r", "s", "--output", path]);
    assert.equal(code, 1);
    assert.match(err, /^left out: Cannot read "a": its bytes have the SHA-256 .*\n$/);
    const there = await chachaml(dir, ["import", path, "--db", join(dir, "there.db")]);
    assert.equal(there.code, 0);
  }));

Deno.test("export --output compresses into .gz and .tgz, which import reads", () =>
  withStore(async (dir) => {
    for (const name of ["x.tar.gz", "x.tgz"]) {
      const path = join(dir, name);
      assert.equal((await chachaml(dir, ["export", "r", "s", "--output", path])).code, 0);
      assert.deepEqual([...(await Deno.readFile(path)).subarray(0, 2)], [0x1f, 0x8b]);
      const there = await chachaml(dir, ["import", path, "--db", join(dir, `${name}.db`)]);
      assert.deepEqual([there.code, there.out], [0, "r\ns\n"]);
    }
  }));

Deno.test("export --output that fails leaves nothing behind, and what was there", () =>
  withStore(async (dir) => {
    const path = join(dir, "x.tar");
    const interrupted = () => AbortSignal.abort(new Interrupted(2));
    const stopped = async (...force: string[]) => {
      const args = ["export", "r", "--output", path, ...force];
      assert.equal((await chachaml(dir, args, { interrupted })).code, 130);
    };
    await stopped();
    await stopped("--force");
    assert.deepEqual(namesIn(dir).filter((name) => name.includes("tar")), []);
    await Deno.writeTextFile(path, "mine");
    await stopped("--force");
    // Refused at once, and not after all has been read.
    await assertRefused(dir, 2, [[["export", "r", "--output", path], /exists; pass --force/]]);
    assert.equal(await Deno.readTextFile(path), "mine");
    const nowhere = join(dir, "none/x.tar");
    await assertRefused(dir, 1, [[
      ["export", "s", "--output", nowhere],
      /^chachaml: Cannot write ".*x\.tar": there is no directory ".*none"; make it first$/m,
    ]]);
    await assertRefused(dir, 1, [[
      ["export", "s", "--force", "--output", dir],
      /it is a directory; name/,
    ]]);
    assert.deepEqual(namesIn(dir).filter((name) => name.endsWith(".part")), []);
  }));

Deno.test("export --output saves a file where there are no links, and still replaces none", () =>
  withStore(async (dir) => {
    const path = join(dir, "x.tar");
    const { link } = Deno;
    try {
      Deno.link = () => {
        throw new Deno.errors.PermissionDenied("Operation not permitted (os error 1)");
      };
      assert.equal((await chachaml(dir, ["export", "r", "--output", path])).code, 0);
      assert.equal(opened(await Deno.readFile(path)).manifest.runs[0].id, "r");
      await Deno.remove(path);
      Deno.link = () => {
        Deno.writeTextFileSync(path, "mine"); // Come between.
        throw new Deno.errors.PermissionDenied("Operation not permitted (os error 1)");
      };
      await assertRefused(dir, 2, [[["export", "s", "--output", path], /exists; pass --force/]]);
    } finally {
      Deno.link = link;
    }
    assert.equal(await Deno.readTextFile(path), "mine");
    assert.deepEqual(namesIn(dir).filter((name) => name.includes("tar")), ["x.tar"]);
  }));

Deno.test("export stops when nobody reads its output any more", () =>
  withStore(async (dir) => {
    const stdout = () => Promise.reject(new Deno.errors.BrokenPipe("gone"));
    assert.deepEqual((await chachaml(dir, ["export", "r"], { stdout })).code, 141);
  }));

Deno.test("export and import that cannot run say so before they print anything", () =>
  withStore(async (dir) => {
    const nothing = ["--db", join(dir, "nothing.db")];
    await assertRefused(dir, 1, [
      [["export", "r", "none"], /Cannot find run "none"/],
      [["export", "r", ...nothing], /there is no store/],
      [["import", join(dir, "none.tar")], /Cannot read ".*none\.tar"/],
      [["import", dir, ...nothing], /is a directory; name an archive/],
    ]);
    await assertRefused(dir, 2, [
      [["export"], /export needs <run\.\.\.>/],
      [["export", "r", "--new-ids"], /export has no option --new-ids/],
      [["export", "r", "--output"], /--output needs a value/],
      [["import"], /import needs <archive>/],
      [["import", "-", "x"], /import does not take "x"/],
      [["dedup", "r"], /dedup does not take "r"/],
      [["info", "r"], /info does not take "r"/],
      [["backup"], /backup needs <directory>/],
      [["restore"], /restore needs <backup>/],
    ]);
  }));

Deno.test("import takes an archive from standard input or a file, into a store that it makes", () =>
  withStore(async (dir) => {
    const { bytes } = await chachaml(dir, ["export", "r", "s"]);
    const there = join(dir, "there/t.db");
    await Deno.mkdir(join(dir, "there"));
    const into = (db: string) => ["--db", db];
    const stdin = streamOf(bytes);
    const first = await chachaml(dir, ["import", "-", ...into(there)], { stdin });
    assert.deepEqual(first, {
      code: 0,
      out: "r\ns\n",
      bytes: new TextEncoder().encode("r\ns\n"),
      err: "2 runs imported, 3 artifacts, 13 B; 0 already existed\n",
    });
    assert.deepEqual(await textsAt(there), TEXTS);
    const path = join(dir, "x.tar");
    await Deno.writeFile(path, bytes);
    const again = await chachaml(dir, ["import", path, ...into(there)]);
    assert.deepEqual([again.code, again.out], [0, "r\ns\n"]);
    assert.equal(again.err, "0 runs imported, 0 artifacts, 0 B; 2 already existed\n");
    const json = await chachaml(dir, ["import", path, "--json", "--new-ids", ...into(there)]);
    assert.deepEqual([json.code, json.err], [0, ""]);
    const { runs, artifacts, bytes: size } = JSON.parse(json.out);
    assert.deepEqual([artifacts, size], [3, 13]);
    assert.deepEqual(runs.map((run: { archivedId: string }) => run.archivedId), ["r", "s"]);
    assert.ok(
      runs.every(({ id, imported }: { id: string; imported: boolean }) =>
        imported && id.length === 36
      ),
    );
    const quiet = await chachaml(dir, ["import", path, "--quiet", ...into(there)]);
    assert.deepEqual([quiet.code, quiet.err], [0, ""]);
  }));

Deno.test("import says what is not an archive of runs, and leaves no store that it has made", () =>
  withStore(async (dir, store) => {
    const { bytes } = await chachaml(dir, ["export", "r", "s"]);
    const damaged = bytes.slice();
    damaged[damaged.lastIndexOf("o".charCodeAt(0))]! ^= 1;
    const gzip = new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"));
    const cases: Record<string, [content: Uint8Array<ArrayBuffer>, words: RegExp]> = {
      "x.tgz": [(await new Response(gzip).bytes()).slice(0, -9), /cannot be read/],
      "x.zst": [new Uint8Array([0x28, 0xb5, 0x2f, 0xfd, 0]), /by zstd; .*zstdcat FILE \| chachaml/],
      "text": [new TextEncoder().encode("no archive"), /is not an archive of runs/],
      "noise": [new Uint8Array(2048).fill(255), /is not an archive of runs/],
      "empty": [new Uint8Array(), /archive/],
      "cut": [bytes.slice(0, -1024), /cannot be read/],
      "cut early": [bytes.slice(0, 600), /cannot be read/],
      "damaged": [damaged, /damaged/],
    };
    const there = join(dir, "there");
    await Deno.mkdir(join(there, "own"), { recursive: true });
    for (const [name, [content, words]] of Object.entries(cases)) {
      const path = join(dir, name);
      await Deno.writeFile(path, content);
      const into = ["import", path, "--db", join(there, "new.db")];
      await assertRefused(dir, 1, [[into, words]]);
      assert.deepEqual(namesIn(there), ["own"], name);
      await assertRefused(dir, 1, [[[...into, "--artifact-dir", join(there, "own")], words]]);
      assert.deepEqual([namesIn(there), namesIn(join(there, "own"))], [["own"], []], name);
    }
    const interrupted = () => AbortSignal.abort(new Interrupted(2));
    const stopped = await chachaml(dir, ["import", "-", "--db", join(there, "new.db")], {
      interrupted,
      stdin: streamOf(bytes),
    });
    assert.equal(stopped.code, 130);
    assert.deepEqual(namesIn(there), ["own"]);
    // One that was there stays, though it is empty.
    await using _empty = await openIn(there);
    await assertRefused(dir, 1, [[
      ["import", join(dir, "text"), "--db", join(there, "t.db")],
      /./,
    ]]);
    assert.ok(namesIn(there).includes("t.db"));
    assert.equal((await store.runs.list()).length, 2);
  }));

Deno.test("import of a bad archive exits with 1 and leaves the store as it was", () =>
  withStore(async (dir, store) => {
    const { bytes } = await chachaml(dir, ["export", "r"]);
    await store.runs.remove("r");
    const path = join(dir, "x.tar");
    await Deno.writeFile(path, bytes.slice(0, -1024));
    const before = stateOf(store.artifactDir!);
    await assertRefused(dir, 1, [[
      ["import", path],
      /Cannot import the archive: it cannot be read/,
    ]]);
    const json = await chachaml(dir, ["import", path, "--json"]);
    assert.deepEqual([json.code, json.out, JSON.parse(json.err).error.code], [1, "", "archive"]);
    assert.deepEqual(stateOf(store.artifactDir!), before);
    assert.deepEqual((await store.runs.list()).map(({ id }) => id), ["s"]);
    await store.startRun({ id: "r" });
    await Deno.writeFile(path, bytes);
    await assertRefused(dir, 1, [[["import", path], /differs; remove it first, .*--new-ids/]]);
  }));

Deno.test("a signal ends export, import, dedup and backup in an orderly way", () =>
  withStore(async (dir, store) => {
    const { bytes } = await chachaml(dir, ["export", "r"]);
    await store.artifacts.put("s", "twin", "other");
    const before = stateOf(store.artifactDir!);
    const interrupted = () => AbortSignal.abort(new Interrupted(2));
    const calls = [
      ["export", "r", "--output", join(dir, "x.tar")],
      ["export", "r"],
      ["import", "-", "--new-ids"],
      ["dedup"],
      ["backup", join(dir, "backup")],
      ["restore", dir, "--db", join(dir, "new.db")],
    ];
    for (const args of calls) {
      const stdin = streamOf(bytes);
      const { code, out, err } = await chachaml(dir, args, { interrupted, stdin });
      assert.deepEqual([code, out], [130, ""], args.join(" "));
      assert.match(err, /^chachaml: interrupted; [^\n]+\n$/);
    }
    assert.deepEqual(stateOf(store.artifactDir!), before);
    assert.deepEqual(namesIn(dir).filter((name) => !name.startsWith("t")), []);
  }));
