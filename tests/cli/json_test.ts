import assert from "node:assert/strict";
import { join } from "@std/path";
import { COMMANDS } from "../../src/cli/commands/mod.ts";
import { JSON_TYPES } from "../../tools/cli_docs.ts";
import { chachaml } from "../support/cli_helpers.ts";
import { inTempDir } from "../support/helpers.ts";

/** Commands that print no document of their own, or, like watch, one for each event. */
const NO_DOCUMENT = [
  "cat",
  "export",
  "report",
  "serve",
  "ui",
  "completions",
  "man",
  "watch",
  "mcp",
];

/** A document, as a command has printed it, and the type that it is to have. */
interface Printed {
  verb: string;
  type: string;
  text: string;
}

/** Calls every command that prints a document, more than once where it has several forms. */
async function callAll(dir: string): Promise<Printed[]> {
  const documents: Printed[] = [];
  const file = (name: string) => join(dir, name);
  const call = async (verb: string, ...args: string[]) => {
    const { out, err } = await chachaml(dir, [verb, "--json", ...args]);
    if (NO_DOCUMENT.includes(verb)) return assert.equal(out, "");
    // An error stands alone on standard error.
    const [, printed] = /^([^\n]+)\n$/.exec(out || err) ?? assert.fail(out + err);
    const type = out === "" ? "Failure" : `Documents["${verb}"]`;
    documents.push({ verb, type, text: printed! });
  };
  await Deno.writeTextFile(file("a.txt"), "a");
  await Deno.writeTextFile(file("b.txt"), "a");
  await call("start", "--id", "r", "--tag", "owner=ana", "--name", "first");
  await call("log", "r", "loss=0.5", "bad=NaN", "--param", "lr=0.1", "--param", 'l=[1,{"a":2}]');
  await call("put", "r", file("a.txt"), file("b.txt"));
  await call("get", "r", "a.txt", file("c.txt"));
  await call("get", "r", "./", file("all"));
  await call("end", "r", "--error", "no memory left");
  await call("exec", "--artifact", file("none*"), "--", Deno.execPath(), "--version");
  await call("ls");
  await call("show", "r");
  await call("runs");
  await call("runs", "--metric", "loss>0", "--columns", "lr,loss");
  await call("archive", "r");
  await call("unarchive", "r");
  await call("rename", "r", "second", "-e", "other");
  await call("metrics", "r");
  await call("plot", "r", "loss");
  await call("compare", "r", "@last");
  await call("register", "m", "r", "a.txt");
  await call("promote", "m", "1");
  await call("models");
  await call("models", "m");
  await call("models", "m", "--describe", "Three species");
  await call("experiments");
  await call("experiments", "other", "--describe", "Baselines");
  await call("experiments", "other");
  await call("dedup");
  await call("info");
  await call("doctor");
  await call("export", "r", "--output", file("r.tar"));
  await call("report", "r", "--output", file("r.html"));
  await call("import", file("r.tar"));
  await call("backup", file("backup"), "--check");
  await call("copy", file("cli.db"), file("copied.db"));
  await call("verify");
  const stored = file("cli-artifacts/r");
  await Deno.remove(join(stored, "b.txt"));
  await Deno.writeTextFile(join(stored, "orphan"), "");
  await Deno.rename(join(stored, "a.txt"), join(stored, "other"));
  await Deno.writeTextFile(join(stored, "a.txt"), "b");
  await call("verify");
  await call("backup", file("backup"));
  await call("gc", "--grace", "0s");
  await call("restore", file("backup"));
  await call("unregister", "m", "1", "--yes");
  await call("unregister", "m", "--yes");
  await call("rm", "r", "b.*", "--yes");
  await call("prune", "--keep-last", "0", "--yes");
  await call("rm", "r", "--yes", "--force");
  await call("show", "r");
  return documents;
}

Deno.test("--json prints what docs/cli_json.ts says", async () => {
  await inTempDir(async (dir) => {
    const documents = await callAll(dir);
    const called = new Set(documents.map(({ verb }) => verb));
    const verbs = COMMANDS.filter(({ name, hidden }) => !hidden && !NO_DOCUMENT.includes(name));
    assert.deepEqual([...called].sort(), verbs.map(({ name }) => name).sort());
    const lines = documents.map(({ type, text }, at) => `export const d${at}: ${type} = ${text};`);
    const program = join(dir, "documents.ts");
    await Deno.writeTextFile(
      program,
      [
        `import type { Documents, Failure } from ${JSON.stringify(JSON_TYPES.href)};`,
        ...lines,
        // Told apart from a check that finds nothing whatever it is given.
        "// @ts-expect-error: a field that is not documented",
        'export const wrong: Failure = { error: { code: "a", message: "b", more: "c" } };',
      ].join("\n"),
    );
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["check", "--no-config", program],
      env: { NO_COLOR: "1" },
    }).output();
    assert.ok(success, new TextDecoder().decode(stderr));
  });
});

Deno.test("--json prints what JSON has not as text", async () => {
  await inTempDir(async (dir) => {
    await chachaml(dir, ["start", "--id", "r"]);
    await chachaml(dir, ["log", "r", "loss=NaN", "--param", "seed=12345678901234567890"]);
    const { out } = await chachaml(dir, ["show", "r", "--json"]);
    const { params, metrics } = JSON.parse(out);
    assert.deepEqual([params.seed, metrics[0].last], ["12345678901234567890", "NaN"]);
  });
});
