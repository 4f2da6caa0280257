/** The values that docs/cli_json.ts names are those of the code, each declared once. */
import assert from "node:assert/strict";
import { FINDING_KINDS } from "../../src/maintenance/findings.ts";
import { MODEL_STAGES } from "../../src/metadata/model.ts";
import { RUN_STATUSES } from "../../src/metadata/run.ts";
import { JSON_TYPES } from "../../tools/cli_docs.ts";

/** Returns the words in back quotes of the comment before a member. */
function documented(source: string, member: string): string[] {
  const comment = new RegExp(`/\\*\\*([^\n]*)\\*/\\n\\s*${member}: string;`).exec(source)?.[1];
  return [...(comment ?? "").matchAll(/`([^`]+)`/g)].map(([, word]) => word!);
}

Deno.test("docs/cli_json.ts names every status, stage and kind of finding", async () => {
  const source = await Deno.readTextFile(JSON_TYPES);
  assert.deepEqual(documented(source, "status").sort(), RUN_STATUSES.toSorted());
  assert.deepEqual(documented(source, "stage").sort(), MODEL_STAGES.toSorted());
  const kinds = /interface Finding \{\s*kind:([^;]*);/.exec(source)![1]!;
  const named = [...kinds.matchAll(/"([^"]+)"/g)].map(([, kind]) => kind!);
  assert.deepEqual(named.sort(), FINDING_KINDS.toSorted());
});
