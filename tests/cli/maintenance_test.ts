import assert from "node:assert/strict";
import { join } from "@std/path";
import type { Store } from "../../mod.ts";
import { main } from "../../src/cli/main.ts";
import { lifecycleOf } from "../../src/store/internals.ts";
import { inTempDir, openIn, storedIn } from "../support/helpers.ts";

interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Calls the command line in process, on the store `t.db` of `dir`. */
async function chachaml(dir: string, args: readonly string[]): Promise<Outcome> {
  const [out, err]: string[][] = [[], []];
  const decoder = new TextDecoder();
  const collect = (to: string[]) => (data: string | Uint8Array) => {
    to.push(typeof data === "string" ? data : decoder.decode(data));
    return Promise.resolve();
  };
  const code = await main(args, {
    stdin: new Blob([]).stream(),
    stdout: collect(out!),
    stderr: collect(err!),
    env: (name) => name === "CHACHAML_DB" ? join(dir, "t.db") : undefined,
  });
  return { code, out: out!.join(""), err: err!.join("") };
}

/** Gives a test a store with the runs `r` and `s`, each with the artifacts `a` and `deep/b`. */
function withStore(work: (dir: string, store: Store) => Promise<void>): Promise<void> {
  return inTempDir(async (dir) => {
    await using store = await openIn(dir, { durability: "relaxed" });
    for (const id of ["r", "s"]) {
      await store.startRun({ id, experiment: `of ${id}` });
      for (const name of ["a", "deep/b"]) await store.artifacts.put(id, name, `${id} ${name}`);
      await store.runs.end(id);
    }
    await work(dir, store);
  });
}

Deno.test("verify of the whole store is noted with what it found, other verifications are not", () =>
  withStore(async (dir, store) => {
    const noted = () => lifecycleOf(store).require().metadata.lastVerification();
    for (const args of [["--quick"], ["--sample", "50%"], ["--run", "r"]]) {
      assert.equal((await chachaml(dir, ["verify", ...args])).code, 0);
      assert.equal(await noted(), undefined);
    }
    assert.equal((await chachaml(dir, ["verify"])).code, 0);
    const { artifacts, damaged } = (await noted())!;
    assert.deepEqual([artifacts, damaged], [4, 0]);
    spoil(store, "r/a");
    assert.equal((await chachaml(dir, ["verify"])).code, 1);
    assert.equal((await noted())!.damaged, 1);
  }));

/** Overwrites a stored file with as many bytes, as no one should. */
function spoil(store: Store, path: string): void {
  const file = join(store.artifactDir!, path);
  Deno.chmodSync(file, 0o644);
  Deno.writeTextFileSync(file, "!".repeat(Deno.statSync(file).size));
}

/** Asserts that calls end with a code, one line of words and no data. */
async function assertRefused(
  dir: string,
  code: number,
  calls: readonly (readonly [args: string[], words: RegExp])[],
): Promise<void> {
  for (const [args, words] of calls) {
    const outcome = await chachaml(dir, args);
    assert.deepEqual([outcome.code, outcome.out], [code, ""], args.join(" ") + outcome.err);
    assert.match(outcome.err, /^chachaml: [^\n]+\n$/);
    assert.match(outcome.err, words);
  }
}

Deno.test("verify exits with 0 and prints no data where nothing is wrong", () =>
  withStore(async (dir) => {
    const { code, out, err } = await chachaml(dir, ["verify"]);
    assert.deepEqual([code, out], [0, ""]);
    assert.equal(err, "4 artifacts, 22 B: 0 damaged, 0 left over\n");
    const json = await chachaml(dir, ["verify", "--json"]);
    assert.deepEqual([json.code, json.err], [0, ""]);
    const counts = { artifacts: 4, bytes: 22, hashed: 4 };
    const summary = { ...counts, damaged: 0, leftovers: 0, foreign: 0, findings: [] };
    assert.deepEqual(JSON.parse(json.out), summary);
  }));

Deno.test("verify exits with 1 and prints a line of each finding", () =>
  withStore(async (dir, store) => {
    spoil(store, "r/a");
    Deno.removeSync(join(store.artifactDir!, "s/deep/b"));
    Deno.writeTextFileSync(join(store.artifactDir!, "r/odd\nname"), "x");
    const { code, out, err } = await chachaml(dir, ["verify"]);
    assert.equal(code, 1);
    assert.deepEqual(out.trimEnd().split("\n").sort(), [
      'missing: The file of "deep/b" is missing (run s)',
      'orphan: "r/odd\\nname" belongs to no artifact; gc collects it',
      'wrong-hash: The file of "a" has other content than was stored (run r)',
    ]);
    assert.equal(err, "4 artifacts, 22 B: 2 damaged, 1 left over\n");
  }));

Deno.test("verify --quick looks at sizes alone, and --run at one run alone", () =>
  withStore(async (dir, store) => {
    spoil(store, "r/a");
    Deno.writeTextFileSync(join(store.artifactDir!, "r/orphan"), "x");
    const kinds = async (...options: string[]) => {
      const { code, out, err } = await chachaml(dir, ["verify", "--json", ...options]);
      const { artifacts, findings } = JSON.parse(out);
      assert.deepEqual([code, err], [findings.length > 0 ? 1 : 0, ""]);
      return [artifacts, ...findings.map(({ kind }: { kind: string }) => kind).sort()];
    };
    assert.deepEqual(await kinds(), [4, "orphan", "wrong-hash"]);
    assert.deepEqual(await kinds("--quick"), [4, "orphan"]);
    assert.deepEqual(await kinds("--run", "r"), [2, "wrong-hash"]);
    assert.deepEqual(await kinds("--run=r", "--quick"), [2]);
    assert.deepEqual(await kinds("--run", "s"), [2]);
  }));

Deno.test("verify --json tells each finding whole", () =>
  withStore(async (dir, store) => {
    spoil(store, "r/a");
    const { out } = await chachaml(dir, ["verify", "--json"]);
    const [finding] = JSON.parse(out).findings;
    const { hash, id } = await store.artifacts.get("r", "a");
    const { kind, path, expected, found } = finding;
    assert.deepEqual([kind, path, expected], ["wrong-hash", "r/a", hash]);
    assert.match(found, /^[0-9a-f]{64}$/);
    assert.notEqual(found, hash);
    assert.equal(finding.artifact.id, id);
  }));

Deno.test("verify exits with 3 where it could not run, and with 2 where it was not understood", () =>
  withStore(async (dir) => {
    const nothing = join(dir, "nothing.db");
    await Deno.writeTextFile(join(dir, "text.db"), "no database, but long enough to be one");
    await assertRefused(dir, 3, [
      [["verify", "--db", nothing], /there is no store/],
      [["verify", "--db", join(dir, "text.db")], /as a store: it is not a SQLite database/],
      [["verify", "--run", "none"], /Cannot find run "none"/],
    ]);
    await assert.rejects(Deno.stat(nothing), Deno.errors.NotFound);
    await assertRefused(dir, 2, [
      [["verify", "--quik"], /verify has no option --quik/],
      [["verify", "r"], /does not take "r"/],
      [["verify", "--run"], /--run needs a value/],
    ]);
  }));

Deno.test("gc prints what it removes, which --dry-run leaves, and what is within --grace stays", () =>
  withStore(async (dir, store) => {
    const clean = await storedIn(store);
    Deno.writeTextFileSync(join(store.artifactDir!, "r/orphan"), "orphan");
    Deno.writeTextFileSync(join(store.artifactDir!, ".staging/left"), "left");
    const before = await storedIn(store);

    for (const options of [[], ["--grace", "1h"]]) {
      const kept = await chachaml(dir, ["gc", ...options]);
      assert.deepEqual(kept, { code: 0, out: "", err: "0 removed, 0 B\n" });
    }
    const lines = ["orphan  r/orphan  6 B", "staged  .staging/left  4 B"];
    const dry = await chachaml(dir, ["gc", "--grace=0", "--dry-run"]);
    assert.deepEqual([dry.code, dry.err], [0, "2 would be removed, 10 B\n"]);
    assert.deepEqual(dry.out.trimEnd().split("\n").sort(), lines);
    assert.deepEqual(await storedIn(store), before);

    const { code, out, err } = await chachaml(dir, ["gc", "--grace", "0"]);
    assert.deepEqual([code, err], [0, "2 removed, 10 B\n"]);
    assert.deepEqual(out.trimEnd().split("\n").sort(), lines);
    assert.deepEqual(await storedIn(store), clean);
    assert.equal((await store.verify().summary()).leftovers, 0);
  }));

Deno.test("gc --json tells all as data", () =>
  withStore(async (dir, store) => {
    Deno.writeTextFileSync(join(store.artifactDir!, "r/orphan"), "x");
    const removed = [{ kind: "orphan", path: "r/orphan", bytes: 1 }];
    for (const dryRun of [true, false]) {
      const options = dryRun ? ["--dry-run"] : [];
      const { code, out, err } = await chachaml(dir, ["gc", "--json", "--grace=0s", ...options]);
      assert.deepEqual([code, err], [0, ""]);
      assert.deepEqual(JSON.parse(out), { removed, bytes: 1, failed: [], foreign: [], dryRun });
    }
  }));

Deno.test("gc exits with 1 where something could not be removed, and tells what", () =>
  withStore(async (dir, store) => {
    Deno.writeTextFileSync(join(store.artifactDir!, "r/orphan"), "x");
    const { removeSync } = Deno;
    Deno.removeSync = () => {
      throw new Deno.errors.PermissionDenied("denied");
    };
    try {
      const { code, out, err } = await chachaml(dir, ["gc", "--grace=0"]);
      assert.deepEqual([code, out], [1, ""]);
      assert.match(err, /^Cannot remove "r\/orphan": [^\n]+\n0 removed, 0 B\n$/);
      const json = await chachaml(dir, ["gc", "--grace=0", "--json"]);
      assert.equal(json.code, 1);
      assert.deepEqual(JSON.parse(json.out).failed[0].path, "r/orphan");
    } finally {
      Deno.removeSync = removeSync;
    }
  }));

Deno.test("gc that cannot run exits with 1, and with 2 where it was not understood", () =>
  withStore(async (dir) => {
    await assertRefused(dir, 1, [[["gc", "--db", join(dir, "none.db")], /there is no store/]]);
    await assertRefused(dir, 2, [
      [["gc", "--grace", "soon"], /--grace takes a number and a unit, such as 30m/],
      [["gc", "--grace=-1h"], /--grace takes/],
      [["gc", "--all"], /gc has no option --all/],
      [["gc", "r"], /does not take "r"/],
    ]);
  }));

async function remaining(store: Store): Promise<string[]> {
  return (await store.runs.list()).map(({ id }) => id).sort();
}

Deno.test("prune removes nothing without --yes, and with --dry-run", () =>
  withStore(async (dir, store) => {
    await assertRefused(dir, 2, [[["prune", "--keep-last", "0"], /--yes/]]);
    const dry = await chachaml(dir, ["prune", "--keep-last=0", "--dry-run"]);
    assert.deepEqual([dry.code, dry.err], [0, "2 runs would be removed\n"]);
    const [head, ...rows] = dry.out.trimEnd().split("\n");
    assert.match(head!, /^RUN +EXPERIMENT +STATUS +STARTED$/);
    assert.deepEqual(rows.map((row) => row.slice(0, 1)), ["r", "s"]);
    assert.deepEqual(await remaining(store), ["r", "s"]);
  }));

Deno.test("prune --yes removes runs with their files, and prints them", () =>
  withStore(async (dir, store) => {
    const done = await chachaml(dir, ["prune", "--experiment", "of r", "--yes", "--json"]);
    assert.deepEqual([done.code, done.err], [0, ""]);
    const { removed, kept, dryRun } = JSON.parse(done.out);
    assert.deepEqual([removed.map(({ id }: { id: string }) => id), kept, dryRun], [
      ["r"],
      [],
      false,
    ]);
    assert.deepEqual(await remaining(store), ["s"]);
    assert.deepEqual(await storedIn(store), ["s", "s/a", "s/deep", "s/deep/b"]);
    const again = await chachaml(dir, ["prune", "--experiment", "of r", "--yes"]);
    assert.deepEqual([again.code, again.err], [0, "0 runs removed\n"]);
  }));

Deno.test("prune takes runs by age, number, experiment and status together", () =>
  withStore(async (dir, store) => {
    for (const id of ["e", "f", "g"]) await store.startRun({ id, experiment: "more" });
    await store.runs.end("e");
    await store.runs.end("f", { error: "boom" });
    const chosen = async (...options: string[]) => {
      const { code, out } = await chachaml(dir, ["prune", "--dry-run", "--json", ...options]);
      assert.equal(code, 0);
      return JSON.parse(out).removed.map(({ id }: { id: string }) => id).sort();
    };
    assert.deepEqual(await chosen("--keep-last", "0"), ["e", "f", "r", "s"]);
    assert.deepEqual(await chosen("--keep-last", "1"), ["e"]);
    assert.deepEqual(await chosen("--keep-last", "1", "--status", "failed"), []);
    assert.deepEqual(await chosen("--older-than", "1h"), []);
    assert.deepEqual(await chosen("--status", "failed"), ["f"]);
    assert.deepEqual(await chosen("--status", "running"), ["g"]);
    assert.deepEqual(await chosen("--status", "failed", "--experiment", "of r"), []);
    assert.deepEqual(await chosen("--status", "completed", "--keep-last", "1"), []);
    await new Promise((resolve) => setTimeout(resolve, 2));
    assert.deepEqual(await chosen("--older-than", "0"), ["e", "f", "r", "s"]);
    assert.deepEqual(await chosen("--older-than", "0", "--experiment", "of s"), ["s"]);
  }));

Deno.test("prune keeps what model versions are made of, unless --force is given", () =>
  withStore(async (dir, store) => {
    await store.models.register("net", { runId: "r", artifact: "a" });
    const { code, out, err } = await chachaml(dir, ["prune", "--keep-last=0", "--yes"]);
    assert.equal(code, 0);
    assert.match(out, /\ns /);
    assert.doesNotMatch(out, /\nr /);
    assert.equal(err, "1 run removed\n1 kept, because model versions use them; see --force\n");
    assert.deepEqual(await remaining(store), ["r"]);
    const forced = await chachaml(dir, ["prune", "--keep-last=0", "--yes", "--force"]);
    assert.deepEqual([forced.code, forced.err], [0, "1 run removed\n"]);
    assert.deepEqual(await remaining(store), []);
    assert.deepEqual(await storedIn(store), []);
  }));

Deno.test("prune that cannot run exits with 1, and with 2 where it was not understood", () =>
  withStore(async (dir, store) => {
    const none = ["prune", "--keep-last=0", "--yes", "--db", join(dir, "none.db")];
    await assertRefused(dir, 1, [[none, /there is no store/]]);
    await assertRefused(dir, 2, [
      [["prune", "--yes"], /say which runs/],
      [["prune", "--yes", "--keep-last", "few"], /--keep-last takes a whole number/],
      [["prune", "--yes", "--keep-last=-1"], /--keep-last takes a whole number/],
      [["prune", "--yes", "--older-than", "yesterday"], /--older-than takes a number and a unit/],
      [["prune", "--yes", "--status", "odd"], /--status takes running, completed, failed/],
      [["prune", "--yes", "r"], /does not take "r"/],
    ]);
    assert.deepEqual(await remaining(store), ["r", "s"]);
  }));

Deno.test("verify --sample takes a part, and says how many were read", () =>
  withStore(async (dir) => {
    const { code, err } = await chachaml(dir, ["verify", "--sample", "100%"]);
    assert.deepEqual([code, err], [
      0,
      "4 artifacts, 22 B, 4 of them read: 0 damaged, 0 left over\n",
    ]);
    await assertRefused(dir, 2, [
      [["verify", "--sample", "0"], /--sample takes a part/],
      [["verify", "--sample", "120%"], /--sample takes a part/],
      [["verify", "--sample", "few"], /--sample takes a part/],
    ]);
  }));

Deno.test("verify --quick says what it does not see", () =>
  withStore(async (dir) => {
    const { err } = await chachaml(dir, ["verify", "--quick"]);
    assert.match(err, /only sizes were checked/);
  }));

Deno.test("verify --resume continues behind the position in a file, and removes it at the end", () =>
  withStore(async (dir) => {
    const file = join(dir, "position");
    Deno.writeTextFileSync(file, JSON.stringify({ runId: "r", name: "deep/b" }));
    const { code, out } = await chachaml(dir, ["verify", "--json", "--resume", file]);
    assert.deepEqual([code, JSON.parse(out).artifacts], [0, 2]);
    assert.throws(() => Deno.statSync(file), Deno.errors.NotFound);
    const whole = await chachaml(dir, ["verify", "--json", "--resume", file]);
    assert.equal(JSON.parse(whole.out).artifacts, 4);
    Deno.writeTextFileSync(file, "precious");
    await assertRefused(dir, 2, [[["verify", "--resume", file], /that verify has written/]]);
    assert.equal(Deno.readTextFileSync(file), "precious");
  }));

Deno.test("gc, dedup and prune as dry runs work where nothing may be written", () =>
  withStore(async (dir) => {
    for (const args of [["gc"], ["dedup"], ["prune", "--keep-last", "0"]]) {
      const { code } = await chachaml(dir, [...args, "--dry-run"]);
      assert.equal(code, 0);
    }
    const reader = await openIn(dir, { readOnly: true });
    assert.equal((await reader.gc({ dryRun: true })).dryRun, true);
    assert.equal((await reader.dedup({ dryRun: true })).dryRun, true);
    assert.equal((await reader.runs.prune({ keepLast: 0, dryRun: true })).removed.length, 2);
    await reader.close();
  }));
