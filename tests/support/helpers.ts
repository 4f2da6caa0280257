/** What the tests share. */
import assert from "node:assert/strict";
import { join } from "@std/path";
import { type Artifact, type OpenOptions, openStore, type Store } from "../../mod.ts";
import { packageFlags } from "./children/flags.ts";
import { COMPOSITION } from "./compositions.ts";
import { versionOf } from "./programs.ts";
import { OWNER } from "../../src/names/names.ts";
import type { StoreContext } from "../../src/context/store_context.ts";
import { lifecycleOf } from "../../src/store/internals.ts";
import { chooseDriver } from "../../src/metadata/sqlite/choose_driver.ts";

// Off by default: with them a file, timer or call left open fails the test that has left it.
// Before Deno had this, sanitizing was what it did by itself.
(Deno.test as { sanitizer?: (what: Record<string, boolean>) => void })
  .sanitizer?.({ ops: true, resources: true });

// Tests name the modes of files, and give files to other users, whatever the umask of the shell is.
if (Deno.build.os !== "windows") Deno.umask(0o022);

/** Gives a test a directory of its own, by its real path, and removes it afterwards. */
export async function inTempDir(work: (dir: string) => Promise<void>): Promise<void> {
  const dir = await Deno.realPath(await Deno.makeTempDir({ prefix: "chachaml-test-" }));
  try {
    await work(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

/**
 * Opens a store below `dir`: with the built-in driver, whatever the default would be, or the composition
 * that the tests run on. The same directory is the same store.
 */
export function openIn(dir: string, options: OpenOptions = {}): Promise<Store> {
  const { path = join(dir, "t.db"), ...rest } = options;
  if (!COMPOSITION || typeof path !== "string" || options.inMemory) {
    return openStore({ path, driver: "builtin", ...rest });
  }
  if (COMPOSITION.isServed) return openServed(path, rest);
  return openStore({ ...COMPOSITION.placeOf(path), ...rest });
}

/** Opens a store through a server of its own, which ends with it. */
async function openServed(path: string, options: OpenOptions): Promise<Store> {
  const { TestServer } = await import("./remote.ts");
  const local = await openStore({ path, driver: "builtin", ...options });
  const server = await TestServer.start(local);
  const { readOnly = false } = options;
  const remote = await openStore({ path: server.url, spoolDir: `${path}-spool`, readOnly });
  showFiles(remote, local);
  const close = remote.close.bind(remote);
  remote.close = async () => {
    await close();
    await server.stop();
    await local.close();
  };
  return remote;
}

/** Lets tests look at the files of a store that its server has. Only they may: it has no paths itself. */
function showFiles(remote: Store, local: Store): void {
  for (const name of ["path", "artifactDir"] as const) {
    Object.defineProperty(remote, name, { value: local[name] });
  }
  const [{ bytes }, { bytes: own }] = [remote, local].map((store) =>
    lifecycleOf(store).require()
  ) as [
    StoreContext,
    StoreContext,
  ];
  bytes.filePath = (key) => own.filePath!(key);
}

/** Gives a test a store, in memory if no composition is chosen, and closes it afterwards. */
export async function withStore(work: (store: Store) => Promise<void>): Promise<void> {
  if (COMPOSITION) {
    return await inTempDir(async (dir) => {
      await using store = await openIn(dir);
      await work(store);
    });
  }
  await using store = await openStore({ inMemory: true, driver: "builtin" });
  await work(store);
}

/** Gives a test such a store that has one run, `r`. */
export async function inMemory(work: (store: Store) => Promise<void>): Promise<void> {
  await withStore(async (store) => {
    await store.startRun({ id: "r" });
    await work(store);
  });
}

/** Asserts that a store has no artifact: no row, no file, no directory, nothing staged. */
export async function assertEmpty(store: Store): Promise<void> {
  assert.deepEqual((await store.artifacts.find({})).map(({ name }) => name), []);
  assert.deepEqual(await storedIn(store), []);
}

/** SHA-256 by another way than the store's own. */
export async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Bytes that do not repeat in a way that would hide a swapped or doubled chunk. */
export function someBytes(size: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  let state = 1;
  for (let at = 0; at < size; at++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[at] = state >>> 24;
  }
  return bytes;
}

const ffiMissing: string | undefined = await chooseDriver("ffi").then(
  () => undefined,
  (error) => (error as Error).message,
);

/**
 * Declares a test for each driver; where one cannot be had, its test is skipped and says why. On another
 * composition there is one test.
 */
export function testEachDriver(
  name: string,
  test: (driver: "ffi" | "builtin", step: Deno.TestContext) => Promise<void>,
): void {
  if (COMPOSITION) {
    Deno.test(`${name} [${COMPOSITION.name}]`, (step) => test("builtin", step));
    return;
  }
  Deno.test(`${name} [builtin]`, (step) => test("builtin", step));
  testWithFfi(`${name} [ffi]`, (step) => test("ffi", step));
}

/**
 * Declares a test of SQLite itself: of its file, of programs that open it, of rows behind the store's
 * back. On another composition it is skipped.
 */
export function testOnSqlite(
  name: string,
  test: (step: Deno.TestContext) => void | Promise<void>,
): void {
  if (!COMPOSITION) Deno.test(name, test);
  else Deno.test.ignore(`${name} (skipped: it is about SQLite)`, () => {});
}

/**
 * Declares a test of the artifact directory: of its files, their modes and links, of the file system
 * below. Where bytes are elsewhere it is skipped.
 */
export function testOnFiles(
  name: string,
  test: (step: Deno.TestContext) => void | Promise<void>,
): void {
  if (!COMPOSITION?.isBucket) Deno.test(name, test);
  else Deno.test.ignore(`${name} (skipped: it is about files)`, () => {});
}

/** Declares such a test for each driver. */
export function testEachDriverOnFiles(
  name: string,
  test: (driver: "ffi" | "builtin", step: Deno.TestContext) => Promise<void>,
): void {
  if (!COMPOSITION?.isBucket) testEachDriver(name, test);
  else testOnFiles(name, () => {});
}

/**
 * Declares a test of files of this process: of moves, shared bytes, and what fails below. Where bytes
 * are elsewhere, or only a server has the files, it is skipped.
 */
export function testOnOwnFiles(
  name: string,
  test: (step: Deno.TestContext) => void | Promise<void>,
): void {
  if (!COMPOSITION?.isServed) testOnFiles(name, test);
  else Deno.test.ignore(`${name} (skipped: only the server has the files)`, () => {});
}

/** Declares such a test for each driver. */
export function testEachDriverOnOwnFiles(
  name: string,
  test: (driver: "ffi" | "builtin", step: Deno.TestContext) => Promise<void>,
): void {
  if (COMPOSITION?.isServed) testOnOwnFiles(name, () => {});
  else testEachDriverOnFiles(name, test);
}

/** Declares a test of SQLite itself for each driver. */
export function testEachSqliteDriver(
  name: string,
  test: (driver: "ffi" | "builtin", step: Deno.TestContext) => Promise<void>,
): void {
  if (!COMPOSITION) testEachDriver(name, test);
  else testOnSqlite(name, () => {});
}

/** Declares a test that needs the ffi driver; it is skipped, and says why, without it. */
export function testWithFfi(
  name: string,
  test: (step: Deno.TestContext) => Promise<void>,
): void {
  if (ffiMissing === undefined) Deno.test(name, test);
  else Deno.test.ignore(`${name} (skipped: ${ffiMissing})`, () => {});
}

const fifoMissing: string | undefined = await versionOf("mkfifo") === undefined
  ? "there is no mkfifo"
  : undefined;

/** Declares a test that needs named pipes; where there are none, it is skipped and says so. */
export function testWithFifo(
  name: string,
  test: (makeFifo: (path: string) => Promise<void>) => Promise<void>,
): void {
  if (fifoMissing !== undefined) {
    Deno.test.ignore(`${name} (skipped: ${fifoMissing})`, () => {});
    return;
  }
  Deno.test(name, () =>
    test(async (path) => {
      const { success } = await new Deno.Command("mkfifo", { args: [path] }).output();
      assert.ok(success);
    }));
}

/** Every file and directory below a directory, sorted, except the staging directory itself. */
export function tree(dir: string, under = ""): string[] {
  const names: string[] = [];
  for (const entry of Deno.readDirSync(join(dir, under))) {
    const name = under === "" ? entry.name : `${under}/${entry.name}`;
    // Neither of them tells of an artifact.
    if (name !== ".staging" && !name.endsWith(`.staging/${OWNER}`)) names.push(name);
    if (entry.isDirectory) names.push(...tree(dir, name));
  }
  return names.sort();
}

/** Every artifact's bytes of a store and the directories above them, sorted, wherever they are. */
export async function storedIn(store: Store): Promise<string[]> {
  if (store.artifactDir !== undefined) return tree(store.artifactDir);
  const names = new Set<string>();
  for await (const { key, state } of (await bucketOf(store)).list()) {
    if (state !== "published") continue;
    for (let end = key.length; end > 0; end = key.lastIndexOf("/", end - 1)) {
      names.add(key.slice(0, end));
    }
  }
  return [...names].sort();
}

/** What is staged in a store, or has been left so, wherever it is. */
export async function stagedOf(store: Store): Promise<string[]> {
  if (store.artifactDir !== undefined) return stagedIn(store.artifactDir);
  const entries = await Array.fromAsync((await bucketOf(store)).list());
  return entries.filter(({ state }) => state !== "published").map(({ key }) => key);
}

/** Stores other bytes under a key, as another program may do. */
export async function writeStored(store: Store, key: string, text: string): Promise<void> {
  if (store.artifactDir === undefined) {
    const { writeObject } = await import("./s3.ts");
    return await writeObject(store.location.artifacts, key, text);
  }
  const path = join(store.artifactDir, key);
  await Deno.mkdir(join(path, ".."), { recursive: true });
  // Stored files are read-only, which root ignores.
  await Deno.chmod(path, 0o600).catch(() => {});
  await Deno.writeTextFile(path, text);
}

/** Stores other bytes in place of an artifact's, or none, as nobody should. */
export async function tamper(artifact: Artifact, bytes?: Uint8Array<ArrayBuffer>): Promise<void> {
  const { filePath } = artifact;
  if (filePath === undefined) {
    const { tamperWithObject } = await import("./s3.ts");
    return await tamperWithObject(artifact.url, bytes);
  }
  if (bytes === undefined) return await Deno.remove(filePath);
  await Deno.chmod(filePath, 0o644);
  await Deno.writeFile(filePath, bytes);
}

/** The bytes of an artifact as any program finds them. */
export async function bytesAt(artifact: Artifact): Promise<Uint8Array<ArrayBuffer>> {
  if (artifact.filePath !== undefined) return await Deno.readFile(artifact.filePath);
  const answer = await fetch(await artifact.presign({ seconds: 60 }));
  assert.equal(answer.status, 200);
  return new Uint8Array(await answer.arrayBuffer());
}

/** Removes stored bytes, as another program may do. */
export async function removeStored(store: Store, key: string): Promise<void> {
  if (store.artifactDir !== undefined) return await Deno.remove(join(store.artifactDir, key));
  await (await bucketOf(store)).removeAll([key]);
}

async function bucketOf(store: Store) {
  const { bucketAt } = await import("./s3.ts");
  return bucketAt(store.location.artifacts);
}

/** What is staged, or has been left so. */
export function stagedIn(artifactDir: string): string[] {
  return tree(join(artifactDir, ".staging")).filter((name) => name !== OWNER);
}

/** What a child process that runs one of our modules must be told, wherever packages come from. */
export function childFlags(): string[] {
  return ["--no-check", ...packageFlags()];
}
