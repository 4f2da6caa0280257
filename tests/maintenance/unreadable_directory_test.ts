import assert from "node:assert/strict";
import { join } from "@std/path";
import type { Store } from "../../mod.ts";
import { inTempDir, openIn, testOnFiles, testOnOwnFiles } from "../support/helpers.ts";

const STAGED = ".staging/0b2d1f0e-6c1d-4e4b-8f38-111111111111";

/** Has a function of Deno refuse one path, as the system does for all but the superuser. */
function denying(name: "readDirSync" | "openSync" | "lstatSync", path: string): Disposable {
  const original = Deno[name] as (path: string, ...rest: unknown[]) => unknown;
  const set = (value: unknown) => void ((Deno as Record<string, unknown>)[name] = value);
  set((asked: string, ...rest: unknown[]) => {
    if (asked !== path) return original(asked, ...rest);
    throw new Deno.errors.PermissionDenied("Permission denied (os error 13)");
  });
  return { [Symbol.dispose]: () => set(original) };
}

/** Gives a test a store that has an artifact, and directories and files that are no one's. */
function withStrays(work: (store: Store, root: string) => Promise<void>): Promise<void> {
  return inTempDir(async (dir) => {
    await using store = await openIn(dir);
    const root = store.artifactDir!;
    await store.startRun({ id: "r" });
    await store.artifacts.put("r", "a", "12345");
    Deno.mkdirSync(join(root, "r/closed/in"), { recursive: true });
    for (const path of [STAGED, "r/closed/in/stray", "r/stray"]) {
      Deno.writeTextFileSync(join(root, path), "123");
    }
    await work(store, root);
  });
}

interface Case {
  readonly name: "readDirSync" | "openSync" | "lstatSync";
  readonly path: string;
  /** What gc still removes. */
  readonly removed: readonly string[];
}

const CASES: Record<string, Case> = {
  "a directory that cannot be listed": {
    name: "readDirSync",
    path: "r/closed/in",
    removed: [STAGED, "r/stray"],
  },
  "a file that cannot be looked at": {
    name: "lstatSync",
    path: "r/closed/in/stray",
    removed: [STAGED, "r/stray"],
  },
  "a staged file that cannot be opened": {
    name: "openSync",
    path: STAGED,
    removed: ["r/closed", "r/closed/in", "r/closed/in/stray", "r/stray"],
  },
};

for (const [what, { name, path, removed }] of Object.entries(CASES)) {
  testOnOwnFiles(
    `gc() goes on past ${what}, and tells it`,
    () =>
      withStrays(async (store, root) => {
        using _denied = denying(name, join(root, path));
        const report = await store.gc({ grace: 0 });
        assert.deepEqual(report.removed.map(({ path }) => path).sort(), removed);
        assert.equal(report.failed.filter((failure) => failure.path === path).length, 1);
        for (const { error } of report.failed) assert.match(error.message, /ermission/);
      }),
  );

  testOnFiles(
    `verify() goes on past ${what}, and tells it as a leftover`,
    () =>
      withStrays(async (store, root) => {
        using _denied = denying(name, join(root, path));
        const verification = store.verify();
        const findings = await Array.fromAsync(verification);
        const told = findings.find((finding) => finding.path === path)!;
        assert.deepEqual([told.kind, told.artifact], ["unreadable", undefined]);
        assert.match(told.message, /^Cannot (list|inspect) ".*": permission was denied/);
        assert.ok(findings.some((finding) => finding.path === "r/stray"));
        const { damaged, leftovers } = await verification.summary();
        assert.deepEqual([damaged, leftovers], [0, findings.length]);
      }),
  );

  testOnOwnFiles(`info() goes on past ${what}`, () =>
    withStrays(async (store, root) => {
      using _denied = denying(name, join(root, path));
      const { fileBytes } = await store.info({ files: true });
      assert.equal(fileBytes, path === STAGED ? 5 + 3 + 3 : 5 + 3);
    }));
}

testOnOwnFiles(
  "an artifact directory that cannot be listed is an error of gc(), verify() and info()",
  () =>
    withStrays(async (store, root) => {
      using _denied = denying("readDirSync", root);
      const denied = { code: "storage", message: /^Cannot list .* permission was denied/ };
      await assert.rejects(store.gc(), denied);
      await assert.rejects(store.verify().summary(), denied);
      await assert.rejects(store.info({ files: true }), denied);
    }),
);
