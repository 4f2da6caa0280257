/** On a disk without one byte left, whatever frees space succeeds. */
import assert from "node:assert/strict";
import { join } from "@std/path";
import { openStore } from "../../mod.ts";
import { child } from "../support/children/flags.ts";
import { inExt4Image, testWithExt4 } from "../support/ext4_image.ts";
import { shimmed, shimMissing } from "../support/shim.ts";

/** Number of artifacts whose records do not fit into the reserve. */
const MANY = 3000;

/** Makes a store with something to remove for each command of `free_space.ts`. */
async function makeStore(dir: string): Promise<void> {
  await using store = await openStore({ path: join(dir, "cli.db"), driver: "builtin" });
  for (const id of ["a", "b", "kept"]) {
    const run = await store.startRun({ id, environment: false });
    await run.put("large", "x".repeat(100_000));
    await run.put("small", "small");
    await run.end();
  }
  for (const id of ["old1", "old2", "old3"]) {
    const run = await store.startRun({ id, experiment: "old", environment: false });
    await run.put("large", "x".repeat(100_000));
    await run.end();
  }
  await store.startRun({ id: "living", environment: false });
  const many = await store.startRun({ id: "many", environment: false });
  const source = await Deno.makeTempDir({ prefix: "chachaml-test-" });
  try {
    for (let at = 0; at < MANY; at++) Deno.writeTextFileSync(join(source, `${at}`), `${at}`);
    await many.putDirectory(source);
  } finally {
    await Deno.remove(source, { recursive: true });
  }
  await many.end();
  await Deno.writeFile(join(dir, "cli-artifacts/b/orphan"), new Uint8Array(50_000));
}

/** Leaves a run whose program was killed. */
async function leaveDeadRun(dir: string): Promise<void> {
  await using killed = child("end_early.ts", [join(dir, "cli.db"), "killed"]).spawn();
  const output = killed.stdout.getReader();
  await output.read();
  killed.kill("SIGKILL");
  await output.cancel();
  await killed.stderr.cancel();
}

/** How a disk is full; see `free_space.ts`. */
type Full = "blocks" | "inodes" | "kept full";

async function freeSpace(
  dir: string,
  full: Full,
  program = child("free_space.ts", [dir, full]),
): Promise<void> {
  const { success, signal, stdout, stderr } = await program.output();
  assert.ok(success, `${signal ?? ""} ${new TextDecoder().decode(stderr)}`);
  const { outcomes, ...left } = JSON.parse(new TextDecoder().decode(stdout));
  for (const [command, outcome] of Object.entries(outcomes)) assert.equal(outcome, "done", command);
  // Removing a run with very many artifacts needs more than the reserve.
  const kept = full === "kept full" ? ["many"] : [];
  assert.equal(Object.keys(outcomes).length, 7 - kept.length);
  const ended = ["a", "kept", "living", "old3", ...kept].map((id) => [id, "completed"]);
  const runs = { ...Object.fromEntries(ended), r: "failed" };
  assert.deepEqual(left, { runs, damaged: 0, leftovers: 0 });
}

/** Declares a test on a store of its own, on a file system of its own. */
function testFreeing(
  where: string,
  test: (dir: string) => Promise<void>,
  ignored?: string,
): void {
  const name = `${where}, rm, gc, prune and end free space`;
  if (ignored !== undefined) return Deno.test.ignore(`${name} (skipped: ${ignored})`, () => {});
  testWithExt4(name, () =>
    inExt4Image(64, async ({ dir }) => {
      await makeStore(dir);
      await leaveDeadRun(dir);
      await test(dir);
    }));
}

testFreeing("on a full disk", (dir) => freeSpace(dir, "blocks"));

testFreeing("on a disk that another program keeps full", async (dir) => {
  const greedy = child("greedy.ts", [join(dir, "greedy")]).spawn();
  const output = greedy.stdout.getReader();
  await output.read();
  try {
    await freeSpace(dir, "kept full");
  } finally {
    greedy.kill("SIGKILL");
    await Promise.all([greedy.status, output.cancel(), greedy.stderr.cancel()]);
  }
});

testFreeing("on a full disk while another program has the store open", async (dir) => {
  await using _other = await openStore({ path: join(dir, "cli.db"), driver: "builtin" });
  await freeSpace(dir, "blocks");
});

testFreeing(
  "with a quota that is used up",
  async (dir) => {
    const fault = { dir, calls: [], quota: true };
    await freeSpace(dir, "blocks", await shimmed("free_space.ts", [dir, "blocks"], fault));
  },
  shimMissing,
);

testFreeing("on a disk without a free inode", (dir) => freeSpace(dir, "inodes"));
