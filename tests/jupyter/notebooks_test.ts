/** The notebooks of `examples/notebooks`, run by the real kernel. */
import assert from "node:assert/strict";
import { assertHarmless } from "../support/jupyter_helpers.ts";
import {
  execute,
  kernelMissing,
  type Notebook,
  notebookNames,
  type Output,
  readNotebook,
  textOf,
} from "../support/jupyter_kernel.ts";

/** What must be seen of each, in this order. */
const SEEN: Record<string, RegExp[]> = {
  "1_first_steps.ipynb": [
    /^Run baseline\n.*Note\nA \*\*baseline\*\*.*Params\n.*Metrics\n.*Artifacts\n/s,
    /^Artifact data\/flowers\.csv .*\nsetosa/s,
    /^Artifact report\.md /,
    /^Artifact plots\/loss\.svg {2}image\/svg\+xml/,
    /^Store .*chachaml\.db: 2 runs, 6 artifacts/,
  ],
  "2_comparing_a_sweep.ipynb": [
    /^the loss has become infinite, with lr = /,
    /^experiment .*\nsweep +50 /s,
    /^run +name +status +lr .*Same in all: batch = 64/s,
    /./,
    /^Artifact plots\/lr\.svg/,
    /^Run run-\d+\n.*verdict=take this one/s,
  ],
  "3_caring_for_a_store.ipynb": [
    /^run +name .*model\/weights\.bin/s,
    /^backup: 24 MB done in/,
    /^Backed up: 6 artifacts, 24 MB; copied 6, 24 MB, to .*\/backup/,
    /^verify: 24 MB done in/,
    /^Damage found: 6 artifacts, 24 MB: 2 damaged\n\nFindings\n.*(missing|wrong-hash)/s,
    /^2 artifacts brought back, 0 lost/,
    /^Verified: 6 artifacts, 24 MB: all as stored$/,
    /^Would be collected: 2 leftovers.*stray\.txt/s,
    /^Deduplicated: 2 artifacts/,
    /^Would be pruned: 1 run\n/,
    /^Imported: 1 run, 2 artifacts/,
    /^database .*\ndriver +builtin|^database .*\ndriver +ffi/s,
  ],
};

for (const name of notebookNames()) {
  Deno.test(`the notebook ${name} is kept with what it shows, and disposes of what it opens`, () => {
    const notebook = readNotebook(name);
    assertSeen(name, notebook);
    for (const { cell_type, source } of notebook.cells) {
      // The kernel never disposes of what a cell declares so.
      if (cell_type === "code") assert.doesNotMatch(textOf(source), /^(await )?using /m);
    }
    const paths = JSON.stringify(notebook).matchAll(/\/(tmp|home|root|Users)\/[\w.-]*/g);
    for (const [path] of paths) assert.equal(path, "/tmp/chachaml");
  });

  const test = `the notebook ${name} runs in the kernel, and shows what it should`;
  if (kernelMissing !== undefined) {
    Deno.test.ignore(`${test} (skipped: ${kernelMissing})`, () => {});
    continue;
  }
  Deno.test(test, async () => assertSeen(name, await execute(name)));
}

/** Checks what a notebook has shown. */
function assertSeen(name: string, notebook: Notebook): void {
  const outputs = outputsOf(notebook);
  const texts = outputs.map(plainOf);
  const expected = SEEN[name] ?? [];
  assert.equal(texts.length, expected.length, JSON.stringify(texts, null, 2));
  for (const [at, pattern] of expected.entries()) assert.match(texts[at]!, pattern);
  for (const { data } of outputs) {
    const html = textOf(data?.["text/html"]);
    if (html !== "") assertHarmless(html);
  }
}

/** All outputs; errors end the run, and nothing is to be said on standard error. */
function outputsOf({ cells }: Notebook): Output[] {
  const outputs = cells.flatMap(({ outputs }) => outputs ?? []);
  assert.ok(outputs.every(({ name }) => name !== "stderr"), JSON.stringify(outputs));
  return outputs;
}

/** The plain form of an output, or the name of the form that it has instead. */
function plainOf({ text, data }: Output): string {
  return textOf(text ?? data?.["text/plain"]) || Object.keys(data ?? {}).join();
}
