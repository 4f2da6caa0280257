/** The bundle, and the binary that `deno task compile` makes, where there is something to make it of. */
import assert from "node:assert/strict";
import { join } from "@std/path";
import { bundle, compile, PERMISSIONS } from "../../tools/compile.ts";
import { inTempDir } from "../support/helpers.ts";

/** Why nothing can be compiled here, if so: a base binary comes from the network, or by DENORT_BIN. */
async function whyNot(): Promise<string | undefined> {
  if (Deno.build.os === "windows") return "it uses a POSIX shell";
  if (Deno.env.get("DENORT_BIN")) return undefined;
  const dir = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(join(dir, "one.ts"), "console.log(1);\n");
    const { success } = await new Deno.Command(Deno.execPath(), {
      args: ["compile", "--no-check", `--output=${join(dir, "one")}`, "one.ts"],
      cwd: dir,
      stdout: "null",
      stderr: "null",
      signal: AbortSignal.timeout(20_000),
    }).output();
    return success ? undefined : "no base binary can be had; name one by DENORT_BIN";
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

/** Does the work of a day with a program, in an empty directory. */
async function work(dir: string, program: string, before: readonly string[]): Promise<void> {
  const cwd = join(dir, "empty");
  await Deno.mkdir(cwd);
  const call = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await new Deno.Command(program, {
      args: [...before, ...args],
      cwd,
      clearEnv: true,
      env: { PATH: "/usr/bin:/bin", HOME: join(dir, "no-home"), DENO_DIR: join(dir, "deno") },
      stdin: "null",
    }).output();
    const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
    assert.equal(code, 0, `${args[0]}: ${err}`);
    return out!;
  };
  assert.match(await call("--version"), /^chachaml \d+\.\d+\.\d+\n$/);
  const run = (await call("start")).trim();
  // Enough for the workers that verify hashes with to be started.
  await Deno.writeTextFile(join(dir, "large.bin"), "x");
  await Deno.truncate(join(dir, "large.bin"), 80_000_000);
  await call("put", run, join(dir, "large.bin"));
  await call("get", run, "large.bin", "again.bin");
  assert.equal((await Deno.stat(join(cwd, "again.bin"))).size, 80_000_000);
  const { damaged, artifacts } = JSON.parse(await call("verify", "--json"));
  assert.deepEqual([artifacts, damaged], [1, 0]);
  assert.equal(
    await call("exec", "--quiet", "sh", "-c", "echo $CHACHAML_DB"),
    `${cwd}/chachaml.db\n`,
  );
  assert.equal(JSON.parse(await call("backup", "saved", "--json")).artifacts, 2);
  assert.equal(JSON.parse(await call("--db", "saved/chachaml.db", "runs", "--json")).length, 2);
  const made = [...Deno.readDirSync(cwd)].map((entry) => entry.name)
    .filter((file) => !/-(wal|shm|reserve)$/.test(file)).sort();
  assert.deepEqual(made, ["again.bin", "chachaml-artifacts", "chachaml.db", "saved"]);
  await assert.rejects(Deno.stat(join(dir, "no-home")), Deno.errors.NotFound);
}

Deno.test("the bundle does its work in an empty directory, and has no module outside it", () =>
  inTempDir(async (dir) => {
    const entry = await bundle(join(dir, "place"));
    for await (const { name } of Deno.readDir(join(entry, ".."))) {
      const code = await Deno.readTextFile(join(entry, "..", name));
      assert.doesNotMatch(code, /^import .*"(npm|jsr|https?):/m);
    }
    const args = ["run", "--quiet", "--cached-only", "--no-config", ...PERMISSIONS, entry];
    await work(dir, Deno.execPath(), args);
  }));

const reason = await whyNot();
const name = "the compiled binary does its work in an empty directory, without a home";
if (reason !== undefined) Deno.test.ignore(`${name} (skipped: ${reason})`, () => {});
else {
  Deno.test(name, () =>
    inTempDir(async (dir) => {
      const binary = await compile(join(dir, "chachaml"));
      assert.ok((await Deno.stat(`${binary}.lock`)).isFile);
      await work(dir, binary, []);
    }));
}
