import assert from "node:assert/strict";
import { parse } from "../../src/cli/arguments.ts";
import { UsageError } from "../../src/cli/command.ts";
import { COMMANDS } from "../../src/cli/commands/mod.ts";

async function refused(words: string[], message: RegExp): Promise<void> {
  await assert.rejects(parse(words, COMMANDS), (error: Error) => {
    assert.ok(error instanceof UsageError);
    assert.match(error.message, message);
    return true;
  });
}

Deno.test("letters stand for common options, alone, together, and with their value", async () => {
  const { options, args } = await parse(["rm", "-qf", "r", "-y"], COMMANDS);
  for (const name of ["quiet", "force", "yes"]) assert.ok(options.has(name), name);
  assert.deepEqual(args, ["r"]);
  for (const words of [["-e", "iris"], ["-eiris"], ["-qe", "iris"], ["--experiment=iris"]]) {
    const { options } = await parse(["runs", ...words], COMMANDS);
    assert.equal(options.get("experiment"), "iris", words.join(" "));
  }
  await refused(["rm", "-qx", "r"], /rm has no option -x/);
  await refused(["runs", "-e"], /-e needs a value: name/);
});

Deno.test("a mistyped command, option or value is refused with near ones", async () => {
  await refused(["shwo"], /no command "shwo" \(did you mean show/);
  await refused(
    ["runs", "--experimnet", "x"],
    /no option --experimnet \(did you mean --experiment/,
  );
  await refused(["runs", "--status", "complete"], /--status takes .*not "complete" \(did you mean/);
});

Deno.test("a value may look like an option, be empty, or hold an equals sign", async () => {
  const { options } = await parse(["runs", "--sort", "-loss", "--tag", "", "--tag=a=b"], COMMANDS);
  assert.equal(options.get("sort"), "-loss");
  assert.deepEqual(options.all("tag"), ["", "a=b"]);
});

Deno.test("what follows the program of exec is the program's", async () => {
  const { args, options } = await parse(["exec", "-q", "ls", "-q", "--json"], COMMANDS);
  assert.deepEqual(args, ["ls", "-q", "--json"]);
  assert.deepEqual([options.has("quiet"), options.has("json")], [true, false]);
});
