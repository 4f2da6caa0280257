import assert from "node:assert/strict";
import { ArtifactExistsError, StorageError } from "../../src/base/errors.ts";
import { call, option, phrase } from "../../src/base/phrase.ts";
import { inCommandLine, messageOf } from "../../src/cli/wording.ts";

Deno.test("an error names options as its reader writes them", () => {
  const error = new ArtifactExistsError("r", "a.txt");
  assert.match(error.message, /or pass ifExists: "replace"$/);
  assert.match(messageOf(error), /or pass --if-exists replace$/);
  const nested = new StorageError("copy", phrase`take it over (${option("takeOver", true)})`);
  assert.equal(nested.message, "Cannot copy: take it over (takeOver: true)");
  assert.equal(messageOf(nested), "Cannot copy: take it over (--take-over)");
  assert.equal(inCommandLine(option("symlinks", "skip")), "--skip-links");
  assert.equal(
    phrase`${call("models.versions")} lists all`.in(inCommandLine).split(" ")[0],
    "chachaml",
  );
});

/** Files with options of git and Deno, with words for operators, or that are built. */
const OTHERS = new RegExp(`^src/(${
  [
    "server/guard",
    "server/page/(script|style)",
    "runs/git",
    "metadata/sqlite/choose_driver",
    "metadata/postgres/driver_options",
    "server/mcp/http",
    "bytes/s3/s3_error",
    "maintenance/doctor",
  ].join("|")
})`);

Deno.test("no error of the library names an option of the command line, and none here names the library's", async () => {
  const found: string[] = [];
  const root = new URL("../../", import.meta.url);
  const visit = async (directory: string): Promise<void> => {
    for await (const { name, isDirectory } of Deno.readDir(new URL(directory, root))) {
      const path = `${directory}${name}`;
      if (isDirectory) await visit(`${path}/`);
      else if (name.endsWith(".ts") && !OTHERS.test(path)) {
        const source = await Deno.readTextFile(new URL(path, root));
        const code = source.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");
        const words = path.startsWith("src/cli/")
          ? /pass \w+: (true|")|\b(ifExists|takeOver|newIds|busyTimeout)[:,)] *(true|--|"\w+"[ `"])/
          : /["'`][^"'`\n]*--[a-z]{3}|pass \w+: (true|")/;
        const word = words.exec(code)?.[0];
        if (word !== undefined) found.push(`${path}: ${word}`);
      }
    }
  };
  await visit("src/");
  assert.deepEqual(found, []);
});
