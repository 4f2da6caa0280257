import assert from "node:assert/strict";
import { join } from "@std/path";
import { stateOf, tamper, textsOf } from "../support/backup_helpers.ts";
import {
  assertRefused,
  chachaml,
  TEXTS,
  textsAt,
  withStore,
} from "../support/cli_transfer_helpers.ts";
import { inTempDir, openIn } from "../support/helpers.ts";

Deno.test("dedup prints what shares a file, which --dry-run leaves", () =>
  withStore(async (dir, store) => {
    const before = stateOf(store.artifactDir!);
    const line = "r  deep/b  4 B\n";
    const dry = await chachaml(dir, ["dedup", "--dry-run"]);
    assert.deepEqual([dry.code, dry.out], [0, line]);
    assert.equal(dry.err, "1 would be shared, 4 B freed\n");
    assert.deepEqual(stateOf(store.artifactDir!), before);
    const json = await chachaml(dir, ["dedup", "--dry-run", "--json"]);
    assert.deepEqual([json.code, json.err], [0, ""]);
    const { shared, unshared, bytes, dryRun } = JSON.parse(json.out);
    assert.deepEqual([shared.length, shared[0].path, unshared, bytes, dryRun], [
      1,
      "r/deep/b",
      [],
      4,
      true,
    ]);
    const done = await chachaml(dir, ["dedup"]);
    assert.deepEqual([done.code, done.out, done.err], [0, line, "1 shared, 4 B freed\n"]);
    assert.equal(Deno.statSync(join(store.artifactDir!, "r/a")).nlink, 2);
    const again = await chachaml(dir, ["dedup", "--json"]);
    assert.deepEqual(JSON.parse(again.out), {
      dryRun: false,
      shared: [],
      bytes: 0,
      unshared: [],
      failed: [],
    });
    await assertRefused(dir, 1, [[["dedup", "--db", join(dir, "none.db")], /there is no store/]]);
  }));

Deno.test("dedup says where the file system makes no links", () =>
  withStore(async (dir) => {
    const { linkSync } = Deno;
    Deno.linkSync = () => {
      throw new Deno.errors.PermissionDenied("Operation not permitted (os error 1)");
    };
    try {
      const { code, out, err } = await chachaml(dir, ["dedup"]);
      assert.deepEqual([code, out], [0, ""]);
      assert.match(err, /^0 shared, 0 B freed\n1 keep their own files: [^\n]+\n$/);
    } finally {
      Deno.linkSync = linkSync;
    }
  }));

Deno.test("info tells what is there, in lines or as JSON", () =>
  withStore(async (dir, store) => {
    await store.dedup();
    const { code, out, err } = await chachaml(dir, ["info", "--files"]);
    assert.deepEqual([code, err], [0, ""]);
    const told = out.trimEnd().split("\n").map((
      line,
    ) => [line.slice(0, 12).trim(), line.slice(13)]);
    const { database, ...rest } = Object.fromEntries(told);
    assert.match(database, /t\.db \(\d+(\.\d)? [kM]?B\)$/);
    assert.deepEqual(rest, {
      artifacts: store.artifactDir,
      experiments: "1",
      runs: "2 running",
      stored: "3 artifacts, 13 B",
      "on disk": "9 B",
    });
    const json = await chachaml(dir, ["info", "--json"]);
    const { fileBytes: _, ...counts } = await store.info();
    assert.deepEqual(JSON.parse(json.out), counts);
    await assertRefused(dir, 1, [[["info", "--db", join(dir, "none.db")], /there is no store/]]);
  }));

Deno.test("info cannot steer a terminal by the name of a directory", () =>
  inTempDir(async (dir) => {
    const path = join(dir, "\u001b[2J");
    await Deno.mkdir(path);
    await using _store = await openIn(path);
    const { code, out } = await chachaml(path, ["info"]);
    assert.equal(code, 0);
    assert.ok(!out.includes("\u001b"));
  }));

Deno.test("backup tells what it has copied, and --check that it is whole", () =>
  withStore(async (dir, store) => {
    const to = join(dir, "backup");
    const first = await chachaml(dir, ["backup", to]);
    assert.deepEqual([first.code, first.out], [0, ""]);
    assert.equal(first.err, "3 artifacts, 13 B: 3 copied, 13 B; 0 left out\n");
    assert.deepEqual(await textsAt(join(to, "chachaml.db")), TEXTS);
    const again = await chachaml(dir, ["backup", to, "--check", "--json"]);
    assert.deepEqual([again.code, again.err], [0, ""]);
    const { artifacts, copied, omitted, check } = JSON.parse(again.out);
    assert.deepEqual([artifacts, copied, omitted, check.damaged], [3, 0, [], 0]);
    tamper(join(to, "chachaml-artifacts/r/a"), "tExt");
    const unchecked = await chachaml(dir, ["backup", to]);
    assert.equal(unchecked.code, 0);
    const checked = await chachaml(dir, ["backup", to, "--check"]);
    assert.deepEqual([checked.code, checked.out], [0, ""]);
    assert.match(checked.err, /: 1 copied, .*; checked: 0 damaged\n$/);
    tamper(join(store.artifactDir!, "s/a"), "oThEr");
    const linked = await chachaml(dir, ["backup", join(dir, "linked"), "--link"]);
    assert.deepEqual([linked.code, linked.out], [1, ""]);
    assert.match(linked.err, /^left out: [^\n]*"a"[^\n]*\n2 artifacts, 8 B: .*; 1 left out\n$/);
    assert.equal(Deno.statSync(join(store.artifactDir!, "r/a")).nlink, 2);
    const json = await chachaml(dir, ["backup", join(dir, "linked"), "--json"]);
    assert.equal(json.code, 1);
    assert.equal(JSON.parse(json.out).omitted[0].code, "integrity");
    assert.equal(JSON.parse(json.out).linked, 2);
    const apart = await chachaml(dir, ["backup", to, "--link"]);
    assert.equal(apart.code, 0);
    assert.match(apart.err, /^not linked: 3 of 3 artifacts [^\n]*\n3 artifacts, 13 B: 0 copied/);
  }));

Deno.test("restore brings back what is lost, which --dry-run only tells", () =>
  withStore(async (dir, store) => {
    const backup = join(dir, "backup");
    await chachaml(dir, ["backup", backup]);
    Deno.removeSync(join(store.artifactDir!, "r/a"));
    tamper(join(store.artifactDir!, "s/a"), "oThEr");
    const before = stateOf(store.artifactDir!);
    const lines = ["r  a  4 B", "s  a  5 B"];
    const dry = await chachaml(dir, ["restore", backup, "--dry-run"]);
    assert.deepEqual([dry.code, dry.err], [
      0,
      "2 would be restored, 9 B; 0 still missing or damaged\n",
    ]);
    assert.deepEqual(dry.out.trimEnd().split("\n").sort(), lines);
    assert.deepEqual(stateOf(store.artifactDir!), before);
    const quick = await chachaml(dir, ["restore", backup, "--dry-run", "--quick", "--json"]);
    assert.deepEqual([quick.code, quick.err], [0, ""]);
    const { restored, dryRun, failed } = JSON.parse(quick.out);
    assert.deepEqual([restored.map(({ path }: { path: string }) => path), dryRun, failed], [
      ["r/a"],
      true,
      [],
    ]);
    const done = await chachaml(dir, ["restore", backup]);
    assert.deepEqual([done.code, done.err], [
      0,
      "2 restored, 9 B; 0 still missing or damaged\n",
    ]);
    assert.deepEqual(await textsOf(store), TEXTS);
    const to = join(dir, "new.db");
    const whole = await chachaml(dir, ["restore", backup, "--db", to]);
    assert.deepEqual([whole.code, whole.out.split("\n").length], [0, 4]);
    assert.match(whole.err, /^the database was restored from the backup\n3 restored, 13 B; /);
    assert.deepEqual(await textsAt(to), TEXTS);
  }));

Deno.test("backup and restore say which path is none that they can use", () =>
  withStore(async (dir) => {
    const [backup, file, to] = ["backup", "file", "new.db"].map((name) => join(dir, name));
    await chachaml(dir, ["backup", backup!]);
    await Deno.writeTextFile(file!, "text");
    const before = stateOf(dir);
    await assertRefused(dir, 1, [
      [["backup", file!], /Cannot back up to ".*file": ".*file" is a file; choose another/],
      [["backup", `${file}/below`], /a directory that ".*below" leads through is a file/],
      [["restore", file!, "--db", to!], /Cannot open ".*file" as a store: it is not a SQLite/],
      [
        ["restore", `${file}/below`, "--db", to!],
        /a directory that ".*below" leads through is a file/,
      ],
      [["restore", backup!, "--db", `${file}/t.db`], /".*t\.db" leads through is a file/],
      [["restore", backup!, "--db", backup!], /it is a directory; name the store's database/],
      [["restore", join(dir, "none"), "--db", to!], /there is no store/],
    ]);
    await assertRefused(dir, 2, [
      [["backup", ""], /Cannot use "" as a path/],
      [["restore", "", "--db", to!], /Cannot use "" as a path/],
    ]);
    assert.deepEqual(stateOf(dir), before);
  }));

Deno.test("restore exits with 1 where something stays lost, or it cannot run", () =>
  withStore(async (dir, store) => {
    const backup = join(dir, "backup");
    await chachaml(dir, ["backup", backup]);
    for (const root of [store.artifactDir!, join(backup, "chachaml-artifacts")]) {
      Deno.removeSync(join(root, "s/a"));
    }
    const { code, out, err } = await chachaml(dir, ["restore", backup]);
    assert.deepEqual([code, out], [1, ""]);
    assert.match(err, /^[^\n]*"a"[^\n]*\n0 restored, 0 B; 1 still missing or damaged\n$/);
    await assertRefused(dir, 1, [[["restore", join(dir, "none")], /there is no store/]]);
    await assertRefused(dir, 2, [[["restore", join(dir, "t.db")], /from itself/]]);
    await Deno.writeTextFile(join(dir, "text.db"), "no database");
    await assertRefused(dir, 1, [
      [["restore", backup, "--db", join(dir, "text.db")], /--database/],
    ]);
    const restore = ["restore", backup, "--db", join(dir, "text.db"), "--database"];
    const damaged = await chachaml(dir, restore);
    assert.equal(damaged.code, 1); // Of s/a there is no copy any more.
    assert.match(damaged.err, /the former database is kept as ".*text\.db\.damaged-\d+"\n/);
    assert.deepEqual(await textsAt(join(dir, "text.db")), { "r/a": "text", "r/deep/b": "text" });
  }));
