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

/** Runs a program on the store at an address. */
async function runProgram(
  dir: string,
  program: string,
  url: string,
  env: Record<string, string>,
): Promise<{ success: boolean; out: string; err: string }> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "-A", ...childFlags(), program, url],
    env: { NO_COLOR: "1", XDG_CACHE_HOME: join(dir, "cache"), ...env },
  }).output();
  const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  return { success, out: out!, err: err! };
}

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
    const run = (env: Record<string, string>) => runProgram(dir, program, server.url, env);
    const trusting = await run({ DENO_CERT: authority });
    assert.ok(trusting.success, trusting.err);
    assert.match(trusting.out, /damaged: 0/);
    assert.equal((await local.runs.get("r")).status, "completed");
    const other = await run({});
    assert.match(other.err, /its certificate is not trusted; DENO_CERT=FILE names/);
    const plain = server.url.replace("https:", "http:");
    await assert.rejects(openStore({ path: plain }), /use https:/);
  }));

for (
  const [what, names, validity, words] of [
    ["has expired", "IP:127.0.0.1", "expired", /its certificate has expired/],
    [
      "is not valid yet",
      "IP:127.0.0.1",
      "early",
      /its certificate is not valid yet; check the clo/,
    ],
    [
      "is for another host",
      "DNS:elsewhere.example",
      "valid",
      /its certificate is for another name/,
    ],
  ] as const
) {
  test(`a certificate that ${what} is refused, and the error says so`, () =>
    inTempDir(async (dir) => {
      const { certificate, key, authority } = await makeCertificate(dir, names, validity);
      const [cert, secret] = [certificate, key].map((path) => Deno.readTextFileSync(path));
      await using local = await openStore({ inMemory: true, driver: "builtin" });
      await using server = await serving(local, { tls: { cert: cert!, key: secret! } });
      const program = join(dir, "program.ts");
      await Deno.writeTextFile(program, PROGRAM);
      const { success, err } = await runProgram(dir, program, server.url, { DENO_CERT: authority });
      assert.ok(!success);
      assert.match(err, /ServerUnreachableError: Cannot reach https:/);
      assert.match(err, words);
      assert.deepEqual(await local.runs.list(), []);
    }));
}

Deno.test("an address whose host has no such name says so", async () => {
  // A label of a name has at most 63 characters: the resolver knows without asking anyone.
  const path = `http://${"x".repeat(64)}.example:5000`;
  await assert.rejects(openStore({ path }), (error) => {
    assert.ok(error instanceof ServerUnreachableError);
    assert.match(error.message, /its name has no address; check the spelling and the network$/);
    return true;
  });
});

Deno.test("an https address of a server without HTTPS says what to use", async () => {
  await using local = await openStore({ inMemory: true, driver: "builtin" });
  await using server = await serving(local);
  await assert.rejects(openStore({ path: server.url.replace("http:", "https:") }), (error) => {
    assert.ok(error instanceof ServerUnreachableError);
    assert.match(error.message, /it does not speak HTTPS; use http:/);
    return true;
  });
});
