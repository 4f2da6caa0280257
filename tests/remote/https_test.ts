/** A store on a server that speaks HTTPS. */
import assert from "node:assert/strict";
import { join } from "@std/path";
import { openStore, ServerUnreachableError } from "../../mod.ts";
import { makeCertificate, opensslMissing } from "../support/certificates.ts";
import { childFlags, inTempDir } from "../support/helpers.ts";
import { serving } from "../support/serving.ts";

/** A program that uses the store at the address in its first argument. */
const PROGRAM = `
  import { openStore } from "${new URL("../../mod.ts", import.meta.url).href}";
  await using store = await openStore({ path: Deno.args[0], token: "secret-token" });
  const run = await store.startRun({ id: "r" });
  await run.put("large.bin", new Uint8Array(5_000_000));
  await run.logMetrics({ loss: 0.5 });
  for await (const { kind } of store.watch({ after: "0" })) if (kind === "metrics") break;
  const { damaged } = await store.verify().summary();
  await run.end();
  console.log("damaged:", damaged);
`;

const test = opensslMissing === undefined
  ? Deno.test
  : (name: string, _: () => Promise<void>) =>
    Deno.test.ignore(`${name} (skipped: ${opensslMissing})`, () => {});

test("a store is used by HTTPS with the certificate of one's own authority", () =>
  inTempDir(async (dir) => {
    const { certificate, key, authority } = await makeCertificate(
      dir,
      "DNS:localhost,IP:127.0.0.1",
    );
    const [cert, secret] = [certificate, key].map((path) => Deno.readTextFileSync(path));
    await using local = await openStore({ path: join(dir, "t.db"), driver: "builtin" });
    const authenticate = ({ token }: { token?: string }) =>
      Promise.resolve(
        token === "secret-token" ? { name: "ann", role: "writer" } as const : undefined,
      );
    await using server = await serving(local, { tls: { cert: cert!, key: secret! }, authenticate });
    assert.match(server.url, /^https:/);
    const program = join(dir, "program.ts");
    await Deno.writeTextFile(program, PROGRAM);
    const run = async (env: Record<string, string>, url = server.url) => {
      const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "--no-prompt", "-A", ...childFlags(), program, url],
        env: { NO_COLOR: "1", XDG_CACHE_HOME: join(dir, "cache"), ...env },
      }).output();
      const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
      return { success, out: out!, err: err! };
    };
    const trusting = await run({ DENO_CERT: authority });
    assert.ok(trusting.success, trusting.err);
    assert.match(trusting.out, /damaged: 0/);
    assert.equal((await local.runs.get("r")).status, "completed");
    const other = await run({});
    assert.match(other.err, /its certificate is not trusted; DENO_CERT=FILE names/);
    const plain = server.url.replace("https:", "http:");
    await assert.rejects(openStore({ path: plain }), /use https:/);
  }));

Deno.test("an https address of a server without HTTPS says what to use", async () => {
  await using local = await openStore({ inMemory: true, driver: "builtin" });
  await using server = await serving(local);
  await assert.rejects(openStore({ path: server.url.replace("http:", "https:") }), (error) => {
    assert.ok(error instanceof ServerUnreachableError);
    assert.match(error.message, /it does not speak HTTPS; use http:/);
    return true;
  });
});
