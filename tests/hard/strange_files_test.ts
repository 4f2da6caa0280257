/** Named pipes, devices and the like in place of a store's files: no call waits or reads for ever. */
import assert from "node:assert/strict";
import { join } from "@std/path";
import { child } from "../support/children/flags.ts";
import { inTempDir, openIn } from "../support/helpers.ts";
import { inParallel } from "../../src/base/in_parallel.ts";
import { effort, sample, Totals } from "../support/totals.ts";

/** Milliseconds after which a call counts as one that never ends; most take a tenth of a second. */
const LIMIT = 8_000;

const ACTIONS = ["write", "read", "doctor", "backup"];

const REPLACEMENTS: Record<string, (path: string) => Promise<unknown>> = {
  "a named pipe": (path) => new Deno.Command("mkfifo", { args: [path] }).output(),
  "a link to /dev/zero": (path) => Deno.symlink("/dev/zero", path),
  "a link to itself": (path) => Deno.symlink(path, path),
  "a directory": (path) => Deno.mkdir(path),
  "an empty file": (path) => Deno.writeTextFile(path, ""),
};

/** Makes a store and a backup of it; the paths of all that they keep but artifacts. */
async function makeStore(dir: string): Promise<string[]> {
  {
    await using store = await openIn(dir);
    await store.startRun({ id: "run", environment: false });
    await store.artifacts.put("run", "kept", "kept");
    await store.artifacts.put("run", "twin", "kept");
    await store.backup(join(dir, "backup"));
  }
  const paths: string[] = [];
  const list = (under: string) => {
    for (const { name, isDirectory } of Deno.readDirSync(join(dir, under))) {
      const path = join(under, name);
      if (!/\/run\/./.test(path)) paths.push(path);
      if (isDirectory) list(path);
    }
  };
  list("");
  return [...paths, "t.db-wal", "t.db-shm", "t.db-journal", "t-artifacts/run/kept"].sort();
}

/** What has come of a call, in the end; it is killed if there is none. */
async function outcomeOf(dir: string, action: string): Promise<string> {
  const process = child("strange_files.ts", [dir, action]).spawn();
  const timer = setTimeout(() => process.kill("SIGKILL"), LIMIT);
  const { stdout, stderr } = await process.output();
  clearTimeout(timer);
  const [said, errors] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes).trim());
  return said || (errors ? `died: ${errors}` : "never ended");
}

const missing = Deno.build.os === "windows" ? "there are no named pipes" : undefined;

Deno.test({
  name: `no strange file in a store's place keeps a call for ever${missing ? ` (${missing})` : ""}`,
  ignore: missing !== undefined,
  fn: async () => {
    let paths: string[] = [];
    await inTempDir(async (dir) => void (paths = await makeStore(dir)));
    const points = paths.flatMap((path) =>
      Object.entries(REPLACEMENTS).flatMap(([what, replace]) =>
        ACTIONS.map((action) => ({ path, what, replace, action }))
      )
    );
    const totals = new Totals("strange files", points.length);
    const tried = sample(points, effort(12, 80), 1);
    await inParallel(tried, 2, ({ path, what, replace, action }) =>
      inTempDir(async (dir) => {
        await makeStore(dir);
        const place = join(dir, path);
        await Deno.remove(place, { recursive: true }).catch(() => {});
        await replace(place);
        const outcome = await outcomeOf(dir, action);
        if (outcome === "done" || outcome === "refused") totals.add(outcome);
        else totals.fail(`${what} in place of ${path}, ${action}: ${outcome}`);
      }));
    totals.report();
  },
});

Deno.test({
  name: "an archive that never ends is refused at its first block",
  ignore: Deno.build.os === "windows",
  fn: () =>
    inTempDir(async (dir) => {
      await makeStore(dir);
      assert.equal(await outcomeOf(dir, "import"), "refused");
    }),
});
