/** How a notebook shows the progress of long work. */
import assert from "node:assert/strict";
import { notebookProgress } from "../../mod.ts";
import { inMemory } from "../support/helpers.ts";
import { assertHarmless } from "../support/jupyter_helpers.ts";

interface Message {
  readonly type: string;
  readonly text: string;
  readonly html: string;
  readonly id: string;
}

/** Gives a test a kernel, and a clock that stands still until it is set. */
async function inKernel(
  work: (sent: Message[], clock: { now: number; expire(): void }) => Promise<void>,
  broadcast: () => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  const sent: Message[] = [];
  const timers = new Map<number, () => void>();
  const clock = {
    now: 1_000_000,
    expire: () => {
      const due = [...timers.values()];
      timers.clear();
      for (const call of due) call();
    },
  };
  const kept = { now: Date.now, setTimeout, clearTimeout };
  const scope = globalThis as unknown as Record<string, unknown>;
  const deno = Deno as unknown as Record<string, unknown>;
  Date.now = () => clock.now;
  let nextTimer = 1;
  scope.setTimeout = (call: () => void) => {
    timers.set(nextTimer, call);
    return nextTimer++;
  };
  scope.clearTimeout = (timer: number) => timers.delete(timer);
  deno.jupyter = {
    broadcast: (type: string, content: Record<string, Record<string, string>>) => {
      const { "text/plain": text, "text/html": html } = content.data!;
      sent.push({ type, text: text!, html: html!, id: content.transient!.display_id! });
      return broadcast();
    },
  };
  try {
    await work(sent, clock);
  } finally {
    Date.now = kept.now;
    Object.assign(globalThis, { setTimeout: kept.setTimeout, clearTimeout: kept.clearTimeout });
    deno.jupyter = undefined;
  }
}

/** Lets what has been sent arrive. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
}

Deno.test("progress is one line, written anew, four times a second at most, and complete at the end", () =>
  inKernel(async (sent, clock) => {
    const onProgress = notebookProgress("verify");
    for (let bytes = 0; bytes <= 1000; bytes++) {
      clock.now++; // A second in all.
      onProgress({ bytes: bytes * 1000, total: 1_000_000 });
    }
    await settle();
    assert.deepEqual(sent.map(({ type }) => type), [
      "display_data",
      ...sent.slice(1).map(() => "update_display_data"),
    ]);
    assert.equal(sent.length, 5); // At 0, 250, 500 and 750 ms, and at the end.
    assert.equal(new Set(sent.map(({ id }) => id)).size, 1);
    assert.match(sent[2]!.text, /^verify: 500 kB of 1\.0 MB, 998 kB\/s$/);
    assert.match(sent.at(-1)!.text, /^verify: 1\.0 MB done in 1\.0 s$/);
    for (const { html } of sent) assertHarmless(html);
  }));

Deno.test("the last step of a burst is shown, if late", () =>
  inKernel(async (sent, clock) => {
    const onProgress = notebookProgress("put");
    for (const bytes of [1, 2, 3]) onProgress({ bytes, total: undefined });
    await settle();
    assert.deepEqual(sent.map(({ text }) => text), ["put: 1 B"]);
    clock.now += 250;
    clock.expire();
    await settle();
    assert.deepEqual(sent.map(({ text }) => text), ["put: 1 B", "put: 3 B, 12 B/s"]);
    clock.expire();
    await onProgress.done();
    assert.equal(sent.at(-1)!.text, "put: 3 B done in 0.3 s");
    await onProgress.done();
    assert.equal(sent.length, 3);
  }));

Deno.test("progress of nothing shows nothing, and a page that is gone harms no work", () =>
  inKernel(async (sent) => {
    await notebookProgress("gone").done();
    assert.equal(sent.length, 0);
    const onProgress = notebookProgress("<b>&");
    onProgress({ bytes: 1, total: 2 });
    onProgress({ bytes: 2, total: 2 });
    await onProgress.done();
    assert.equal(sent.length, 2);
    assert.ok(assertHarmless(sent[0]!.html).includes("<b>&"));
  }, () => Promise.reject(new Error("gone"))));

Deno.test("a verification and a put tell a notebook how far they have come", () =>
  inMemory(async (store) => {
    const sent: string[] = [];
    const deno = Deno as unknown as Record<string, unknown>;
    deno.jupyter = {
      broadcast: (_: string, { data }: { data: Record<string, string> }) => {
        sent.push(data["text/plain"]!);
        return Promise.resolve();
      },
    };
    try {
      const putting = notebookProgress("put");
      await store.artifacts.put("r", "a.bin", new Uint8Array(3_000_000), { onProgress: putting });
      await putting.done();
      assert.match(sent.at(-1)!, /^put: 3\.0 MB done in/);
      const verifying = notebookProgress("verify");
      await store.verify({ onProgress: verifying }).summary();
      await verifying.done();
      assert.match(sent.at(-1)!, /^verify: 3\.0 MB done in/);
    } finally {
      deno.jupyter = undefined;
    }
  }));

Deno.test("outside of a notebook progress goes nowhere", async () => {
  const onProgress = notebookProgress("verify");
  onProgress({ bytes: 1, total: 2 });
  await onProgress.done();
});
