import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { join } from "@std/path";
import {
  ArtifactNotFoundError,
  type BackupReport,
  DamagedRowError,
  IntegrityError,
  type Store,
  UnsafePathError,
} from "../../mod.ts";
import {
  assertTidy,
  backedUp,
  filled,
  openBackup,
  tamper,
  textsOf,
} from "../support/backup_helpers.ts";
import { inTempDir, openIn } from "../support/helpers.ts";

/** What was left out, by path, and the class of the reason. */
function reasons({ omitted }: BackupReport): Record<string, unknown> {
  return Object.fromEntries(
    omitted.map(({ artifact, error }) => [artifact.path, error.constructor]).sort(),
  );
}

async function backedUpTexts(dest: string): Promise<Record<string, string>> {
  await using backup = await openBackup(dest);
  return await textsOf(backup);
}

/** Ways in which a stored file is lost, and how each is told. */
const DAMAGE: Record<string, [damage: (path: string) => void, told: unknown]> = {
  missing: [(path) => Deno.removeSync(path), IntegrityError],
  truncated: [(path) => tamper(path, "123"), IntegrityError],
  altered: [(path) => tamper(path, "X".repeat(Deno.statSync(path).size)), IntegrityError],
  "a directory": [(path) => (Deno.removeSync(path), Deno.mkdirSync(path)), UnsafePathError],
  "a link": [
    (path) => (Deno.removeSync(path), Deno.symlinkSync("/etc/hostname", path)),
    UnsafePathError,
  ],
};

for (const [state, [damage, told]] of Object.entries(DAMAGE)) {
  // The two are copied in different ways.
  for (const name of ["a", "large"]) {
    Deno.test(`an artifact (${name}) whose file is ${state} is left out with its row`, () =>
      inTempDir(async (dir) => {
        await using store = await filled(dir);
        const filePath = (await store.artifacts.get("r", name)).filePath!;
        damage(filePath);
        const report = await store.backup(join(dir, "b"));
        assert.deepEqual(reasons(report), { [`r/${name}`]: told });
        assert.deepEqual([report.artifacts, report.copied], [3, 3]);
        assertTidy(join(dir, "b"));
        const { artifacts } = await backedUp(join(dir, "b"));
        const others = ["r/a", "r/deep/er/b", "r/empty", "r/large"].filter((path) =>
          path !== `r/${name}`
        );
        assert.deepEqual(artifacts.map(({ path }) => path).sort(), others);
      }));

    Deno.test(`the previous backup's copy of one (${name}) that is ${state} now is kept`, () =>
      inTempDir(async (dir) => {
        await using store = await filled(dir);
        const filePath = (await store.artifacts.get("r", name)).filePath!;
        await store.backup(join(dir, "b"));
        const before = await backedUp(join(dir, "b"));
        damage(filePath);
        await store.artifacts.put("r", "new", "x");
        const report = await store.backup(join(dir, "b"));
        assert.deepEqual([report.omitted, report.artifacts, report.copied], [[], 5, 1]);
        const { artifacts } = await backedUp(join(dir, "b"));
        assert.deepEqual(artifacts.filter(({ name }) => name !== "new"), before.artifacts);
      }));
  }
}

Deno.test("what was left out is in the next backup once it has been mended", () =>
  inTempDir(async (dir) => {
    await using store = await filled(dir);
    const filePath = (await store.artifacts.get("r", "a")).filePath!;
    tamper(filePath, "TEXT OF A");
    assert.equal((await store.backup(join(dir, "b"))).omitted.length, 1);
    tamper(filePath, "text of a");
    const { omitted, copied } = await store.backup(join(dir, "b"));
    assert.deepEqual([omitted, copied], [[], 1]);
    assert.equal((await backedUpTexts(join(dir, "b")))["r/a"], "text of a");
  }));

Deno.test("a file in place of a run's directory loses that run, and not the backup", () =>
  inTempDir(async (dir) => {
    await using store = await filled(dir);
    await store.startRun({ id: "other" });
    await store.artifacts.put("other", "a", "x");
    Deno.renameSync(join(store.artifactDir!, "r"), join(dir, "moved away"));
    Deno.writeTextFileSync(join(store.artifactDir!, "r"), "in the way");
    const report = await store.backup(join(dir, "b"));
    assert.equal(report.omitted.length, 4);
    assert.deepEqual(await backedUpTexts(join(dir, "b")), { "other/a": "x" });
  }));

Deno.test("a link in place of a run's directory is not followed", () =>
  inTempDir(async (dir) => {
    await using store = await filled(dir);
    Deno.renameSync(join(store.artifactDir!, "r"), join(dir, "moved away"));
    Deno.symlinkSync(join(dir, "moved away"), join(store.artifactDir!, "r"));
    const report = await store.backup(join(dir, "b"));
    assert.deepEqual(new Set(Object.values(reasons(report))), new Set([UnsafePathError]));
    assert.deepEqual((await backedUp(join(dir, "b"))).artifacts, []);
  }));

Deno.test("a row that leads outside, or says what cannot be, is left out", () =>
  inTempDir(async (dir) => {
    await using store = await filled(dir);
    await Deno.writeTextFile(join(dir, "outside"), "secret");
    const database = new DatabaseSync(store.path!);
    database.exec("UPDATE artifacts SET path = '../outside' WHERE name = 'a'");
    database.exec("UPDATE artifacts SET size = -1 WHERE name = 'empty'");
    database.exec("UPDATE artifacts SET hash = 'abc' WHERE name = 'large'");
    database.close();
    assert.deepEqual(reasons(await store.backup(join(dir, "b"))), {
      "../outside": UnsafePathError,
      "r/empty": DamagedRowError,
      "r/large": DamagedRowError,
    });
    assert.deepEqual(await backedUpTexts(join(dir, "b")), { "r/deep/er/b": "text of b" });
    assert.deepEqual([...Deno.readDirSync(join(dir, "b"))].length, 2);
  }));

Deno.test("a damaged file of the backup that shows by its size is copied anew", () =>
  inTempDir(async (dir) => {
    await using store = await filled(dir);
    const { artifactDir } = await store.backup(join(dir, "b"));
    tamper(join(artifactDir, "r/a"), "");
    Deno.removeSync(join(artifactDir, "r/large"));
    assert.equal((await store.backup(join(dir, "b"))).copied, 2);
    assertTidy(join(dir, "b"));
    assert.equal((await backedUp(join(dir, "b"))).artifacts.length, 4);
  }));

for (const link of [false, true]) {
  Deno.test(`with check, what is damaged in the backup is copied again at once (link: ${link})`, () =>
    inTempDir(async (dir) => {
      await using store = await filled(dir);
      const { artifactDir } = await store.backup(join(dir, "b"));
      // Of the right size: only hashing tells.
      for (const name of ["a", "large"]) {
        const path = join(artifactDir, "r", name);
        tamper(path, "X".repeat(Deno.statSync(path).size));
      }
      assert.equal((await store.backup(join(dir, "b"))).copied, 0);
      const { copied, check } = await store.backup(join(dir, "b"), { link, check: true });
      assert.deepEqual([copied, check?.damaged], [2, 0]);
      assertTidy(join(dir, "b"));
      assert.equal((await backedUp(join(dir, "b"))).artifacts.length, 4);
      assert.equal((await store.backup(join(dir, "b"), { link, check: true })).copied, 0);
    }));
}

/** Does something to the store when the first bytes of its backup have been copied. */
async function backUpDuring(store: Store, dest: string, change: () => Promise<unknown>) {
  let changing: Promise<unknown> | undefined;
  const { copyFile } = Deno;
  using _ = { [Symbol.dispose]: () => void (Deno.copyFile = copyFile) };
  // What is copied later is copied after the change.
  Deno.copyFile = (from, to) => Promise.resolve(changing).then(() => copyFile(from, to));
  const report = await store.backup(dest, { onProgress: () => void (changing ??= change()) });
  assert.ok(changing);
  await changing;
  return report;
}

/** More than are copied at a time: the last ones are not looked at before the first are done. */
const NAMES = Array.from({ length: 40 }, (_, at) => `${at}`.padStart(3, "0"));

/** Bytes that are too many to be copied together with others. */
function largeText(name: string): string {
  return `text of ${name}`.padEnd(1024 * 1024);
}

Deno.test("what is removed while a backup is made is left out with its row, and told", () =>
  inTempDir(async (dir) => {
    await using store = await openIn(dir);
    const { id } = await store.startRun();
    for (const name of NAMES) await store.artifacts.put(id, name, largeText(name));
    const report = await backUpDuring(
      store,
      join(dir, "b"),
      () => store.artifacts.remove(id, "039"),
    );
    assert.deepEqual(reasons(report), { [`${id}/039`]: ArtifactNotFoundError });
    assert.equal(report.artifacts, 39);
    assert.equal((await backedUp(join(dir, "b"))).artifacts.length, 39);
  }));

Deno.test("what is replaced while a backup is made is in it with the row of its bytes", () =>
  inTempDir(async (dir) => {
    await using store = await openIn(dir);
    const { id } = await store.startRun();
    for (const name of NAMES) await store.artifacts.put(id, name, largeText(name));
    const other = { ifExists: "replace", contentType: "text/x-other" } as const;
    const report = await backUpDuring(
      store,
      join(dir, "b"),
      () => store.artifacts.put(id, "039", "longer text", other),
    );
    assert.deepEqual([report.omitted, report.artifacts], [[], 40]);
    // Never the text of one and the row of the other: reading it has checked size and hash.
    const { artifacts } = await backedUp(join(dir, "b"));
    const copy = artifacts.find(({ name }) => name === "039")!;
    assert.deepEqual(copy, {
      ...(await store.artifacts.get(id, "039")).toJSON(),
      text: "longer text",
    });
  }));

Deno.test("a model version whose artifact is left out is left out with it", () =>
  inTempDir(async (dir) => {
    await using store = await filled(dir);
    for (const artifact of ["a", "large"]) {
      await store.models.register("m", { runId: "r", artifact });
    }
    Deno.removeSync((await store.artifacts.get("r", "a")).filePath!);
    await store.backup(join(dir, "b"));
    await using backup = await openBackup(join(dir, "b"));
    assert.deepEqual((await backup.models.versions("m")).map(({ version }) => version), [2]);
  }));
