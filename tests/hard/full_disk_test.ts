import assert from "node:assert/strict";
import { fromFileUrl } from "@std/path";
import { childFlags, inTempDir } from "../support/helpers.ts";

const PROGRAM = fromFileUrl(new URL("../support/children/in_straits.ts", import.meta.url));

/** Mounts what follows `$1` at `$2`, and goes on with the rest in its place. */
const ON_TMPFS = ["sh", "-ec", 'mount -t tmpfs -o size="$1" none "$2"; shift 2; exec "$@"', "sh"];

/** Makes one root in a namespace of its own, whose mounts are gone with its last process. */
const IN_NAMESPACE = ["unshare", "--map-root-user", "--mount"];

/** The superuser is denied nothing, unless its capabilities are taken away. */
const UNPRIVILEGED = Deno.build.os !== "windows" && Deno.uid() === 0
  ? ["setpriv", "--inh-caps=-all", "--bounding-set=-all"]
  : [];

/** The outcome of each call, by its name: `done`, or the error that was told. */
type Outcomes = Record<string, string>;

interface State {
  readonly staged: string[];
  readonly damaged: number;
  readonly leftovers: number;
}

interface Report {
  readonly during: Outcomes;
  readonly left: State & { readonly contents: Record<string, string> };
  readonly again: Outcomes;
  readonly after: State;
}

async function run(command: readonly string[]): Promise<string> {
  const [program, ...args] = command;
  const { success, stdout, stderr } = await new Deno.Command(program!, { args }).output();
  const decoder = new TextDecoder();
  assert.ok(success, decoder.decode(stderr));
  return decoder.decode(stdout);
}

/** Why a command cannot be had here; `undefined` if it can. */
async function missing(command: readonly string[]): Promise<string | undefined> {
  if (command.length === 0) return undefined;
  return await run([...command, "true"]).then(() => undefined, () => `${command[0]} does not work`);
}

/** Declares a test of a program that a command runs; where there is no such command, it is skipped. */
async function testUnder(
  name: string,
  commandFor: (dir: string) => readonly string[],
  test: (use: (straits: string) => Promise<unknown>) => Promise<void>,
): Promise<void> {
  const probe = await Deno.makeTempDir({ prefix: "chachaml-test-" });
  const reason = Deno.build.os === "windows"
    ? "Windows has no such means"
    : await missing(commandFor(probe));
  await Deno.remove(probe);
  if (reason !== undefined) {
    Deno.test.ignore(`${name} (skipped: ${reason})`, () => {});
    return;
  }
  Deno.test(name, () =>
    inTempDir((dir) =>
      test(async (straits) => {
        const deno = [Deno.execPath(), "run", "--no-prompt", "--quiet", "-A", ...childFlags()];
        return JSON.parse(await run([...commandFor(dir), ...deno, PROGRAM, dir, straits]));
      })
    ));
}

const PUTS: Record<string, { name: string; text: string; before?: string }> = {
  "small": { name: "small", text: "small" },
  "nested": { name: "new/directory/nested", text: "nested" },
  "large": { name: "large", text: "4194304 characters" },
  "replace": { name: "replaced", text: "new", before: "old replaced" },
  "replace by large": {
    name: "large one",
    text: "4194304 characters",
    before: "old large one",
  },
  ...Object.fromEntries(
    Array.from({ length: 20 }, (_, at) => [`together ${at}`, {
      name: `together/${at}`,
      text: `${at}`,
    }]),
  ),
};

/** Asserts that what was refused was told in one line, left nothing half done, and works again. */
function check({ during, left, again, after }: Report, refused: string[], told: RegExp): void {
  const failed = Object.keys(during).filter((what) => during[what] !== "done");
  assert.deepEqual(failed.sort(), refused.toSorted());
  for (const what of refused) {
    assert.match(during[what]!, /^StorageError: Cannot [^\n]+$/);
    assert.match(during[what]!, told);
    if (what in PUTS) assert.ok(during[what]!.includes(`"${PUTS[what]!.name}"`), during[what]);
  }

  assert.deepEqual([left.staged, left.damaged], [[], 0]);
  const expected: Record<string, string> = { kept: "old kept" };
  if ("removed" in left.contents) expected.removed = "old removed";
  for (const [what, { name, text, before }] of Object.entries(PUTS)) {
    const content = refused.includes(what) ? before : text;
    if (content !== undefined) expected[name] = content;
  }
  assert.deepEqual(left.contents, expected);

  // A removal whose row went, but not its file, has taken place: what is left of it is an orphan.
  const open = refused.filter((what) => what !== "remove" || "removed" in left.contents);
  for (const what of open) assert.equal(again[what], "done", what);
  assert.deepEqual(after, { staged: [], damaged: 0, leftovers: 0 });
}

const ALL_PUTS = Object.keys(PUTS);

await testUnder(
  "on a disk that is full all is refused, nothing is half done, and it goes on with room again",
  (dir) => [...IN_NAMESPACE, ...ON_TMPFS, "32m", dir],
  async (use) => {
    const report = await use("full disk") as Report;
    // What frees space succeeds, perhaps enough for a backup.
    const refused = report.during.backup === "done" ? ALL_PUTS : [...ALL_PUTS, "backup"];
    check(report, refused, /: the disk is full; free some space and try/);
    assert.ok(!("removed" in report.left.contents));
  },
);

await testUnder(
  "on a disk with few pages left, each put takes place or is told to have failed, and removals take place",
  (dir) => [...IN_NAMESPACE, ...ON_TMPFS, "4m", dir],
  async (use) => {
    const { rounds, after } = await use("few pages") as {
      rounds: (State & Outcomes & { wasThere: boolean; isNew: boolean })[];
      after: State;
    };
    const told = /^StorageError: Cannot [^\n]+: the disk is full; free some space and try again$/;
    for (const { put, replace, remove, wasThere, isNew, damaged, staged } of rounds) {
      assert.equal(damaged, 0);
      // A note of a replacement stays until a commit has succeeded.
      assert.deepEqual(staged.filter((name) => !name.endsWith(".replaces")), []);
      if (put !== "done") assert.match(put!, told);
      if (replace !== "done") assert.match(replace!, told);
      else assert.ok(isNew);
      if (put !== "done") assert.match(remove!, /^ArtifactNotFoundError/);
      else assert.equal(remove, "done");
      assert.equal(wasThere, false);
    }
    // The disk was too full for anything at first, and for nothing at last.
    for (const what of ["put", "replace"]) {
      assert.notEqual(rounds[0]![what], "done");
      assert.equal(rounds.at(-1)![what], "done");
    }
    assert.deepEqual(after, { staged: [], damaged: 0, leftovers: 0 });
  },
);

await testUnder(
  "where files must stay small, only a larger one is refused",
  () => ["prlimit", "--fsize=unlimited:"],
  async (use) => {
    const told = /: the file would be larger than is allowed; raise the limit \(ulimit -f\)/;
    check(await use("small files") as Report, ["large", "replace by large"], told);
  },
);

await testUnder(
  "where the artifact directory must not be written to, all that would write there is refused",
  () => UNPRIVILEGED,
  async (use) => {
    const told = /: permission was denied; check the owner and mode of the file and its directory$/;
    check(await use("denied") as Report, [...ALL_PUTS, "remove", "gc"], told);
  },
);

await testUnder(
  "where the artifact directory is mounted read-only, all that would write there is refused",
  () => IN_NAMESPACE,
  async (use) => {
    const told = /: the file system is read-only; mount it writable and try again$/;
    check(await use("read-only mount") as Report, [...ALL_PUTS, "remove", "gc"], told);
  },
);
