/** No shell example of the pages is left out of the tests unseen. */
import assert from "node:assert/strict";
import { blocksOf } from "../support/examples.ts";
import { CALLING, NOT_RUN, RUN, SERVING } from "./run_blocks.ts";

const pages = ["README.md", ...[...Deno.readDirSync("docs")].map(({ name }) => `docs/${name}`)]
  .filter((path) => path.endsWith(".md"));

Deno.test("each shell example of README and docs is run by a test, or says why not", async () => {
  const left: string[] = [];
  const used = new Set<RegExp>();
  for (const path of pages) {
    for (const block of await blocksOf(path, "sh")) {
      const isRun = [RUN, SERVING, CALLING].some((table) => table[path]?.test(block));
      const reason = NOT_RUN.find(([pattern]) => pattern.test(block));
      if (reason) used.add(reason[0]);
      if (!isRun && !reason) left.push(`${path}: ${block}`);
    }
  }
  assert.deepEqual(left, []);
  assert.equal(used.size, NOT_RUN.length, "a reason is left over");
});
