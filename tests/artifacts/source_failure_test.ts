import assert from "node:assert/strict";
import { join } from "@std/path";
import { InvalidSourceError } from "../../mod.ts";
import { assertEmpty, inMemory, inTempDir, openIn, testOnFiles } from "../support/helpers.ts";

/** A server that promises more bytes than it sends. */
async function withShortResponse(work: (response: Response) => Promise<void>): Promise<void> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const served = (async () => {
    const connection = await listener.accept();
    await connection.read(new Uint8Array(1024));
    const head = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this";
    await connection.write(new TextEncoder().encode(head));
    connection.close();
  })();
  try {
    await work(await fetch(`http://127.0.0.1:${listener.addr.port}/`));
    await served;
  } finally {
    listener.close();
  }
}

Deno.test("put() of a response that is cut short says so, and stores nothing", () =>
  inMemory(async (store) => {
    await withShortResponse((response) =>
      assert.rejects(store.artifacts.put("r", "a", response), (error: Error) => {
        assert.ok(error instanceof InvalidSourceError, String(error));
        assert.match(error.message, /^Cannot put "a": its source failed before the end: /);
        return true;
      })
    );
    await assertEmpty(store);
  }));

Deno.test("put() lets an error of the caller's own stream pass", () =>
  inMemory(async (store) => {
    const failure = new TypeError("mine");
    const stream = new ReadableStream<Uint8Array>({ pull: () => Promise.reject(failure) });
    await assert.rejects(store.artifacts.put("r", "a", stream), failure);
    await assertEmpty(store);
  }));

testOnFiles(
  "putFile() gives a copy the permissions of its source, without those to write",
  () =>
    inTempDir(async (dir) => {
      await using store = await openIn(dir);
      await store.startRun({ id: "r" });
      for (const [mode, kept] of [[0o600, 0o400], [0o640, 0o440], [0o400, 0o400], [0o755, 0o555]]) {
        const source = join(dir, `source-${mode!.toString(8)}`);
        await Deno.writeTextFile(source, "x");
        await Deno.chmod(source, mode!);
        const filePath = (await store.artifacts.putFile("r", mode!.toString(8), source)).filePath!;
        assert.equal((await Deno.stat(filePath)).mode! & 0o777, kept);
      }
    }),
);
