/** Encrypted connections: each sslmode does what PostgreSQL's own programs do with it. */
import assert from "node:assert/strict";
import { dirname } from "@std/path";
import { InvalidOptionError, openStore, StorageError } from "../../../mod.ts";
import { Database } from "../../../src/metadata/postgres/database.ts";
import { serverOf } from "../../../src/metadata/postgres/server.ts";
import { type Certificate, makeCertificate, opensslMissing } from "../../support/certificates.ts";
import { inTempDir } from "../../support/helpers.ts";
import { asServer, startServer, testWithPostgres } from "../../support/postgres.ts";

/** Starts a server with a certificate. */
async function startWithTls({ certificate, key }: Certificate) {
  await asServer(dirname(key), certificate, key);
  await Deno.chmod(key, 0o600);
  return await startServer(undefined, {
    ssl: "on",
    ssl_cert_file: certificate,
    ssl_key_file: key,
  });
}

/** Connects; says whether the connection is encrypted. */
async function connect(
  url: string,
  parameters: Readonly<Record<string, string>>,
  host: string = "localhost",
): Promise<boolean> {
  const whole = new URL(url);
  whole.hostname = host;
  whole.search = String(new URLSearchParams(parameters));
  const how = { readOnly: false, durability: "full", busyTimeout: 5000, poolSize: 2 } as const;
  const database = new Database(await serverOf(whole.href), how);
  try {
    const row = await database.read((sql) =>
      sql.get("SELECT ssl::text AS ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
    );
    return row!.ssl === "true";
  } finally {
    await database.close();
  }
}

async function assertRefused(connecting: Promise<unknown>, words: RegExp): Promise<void> {
  await assert.rejects(connecting, (error: Error) => {
    assert.ok(error instanceof StorageError, error.stack);
    assert.match(error.message, words);
    assert.doesNotMatch(Deno.inspect(error), /secret/);
    return true;
  });
}

if (opensslMissing !== undefined) {
  Deno.test.ignore(`connections are encrypted (skipped: ${opensslMissing})`, () => {});
} else {
  testWithPostgres((test) => {
    test("each sslmode encrypts, and checks the certificate, as it says", () =>
      inTempDir(async (dir) => {
        await Deno.chmod(dir, 0o755);
        const own = await makeCertificate(dir, "DNS:localhost");
        const sslrootcert = own.authority;
        const other = (await makeCertificate(dir, "DNS:localhost")).authority;
        await using server = await startWithTls(own);
        const { url } = server;
        assert.equal(await connect(url, { sslmode: "disable" }), false);
        for (const sslmode of ["allow", "prefer", "require"]) {
          assert.equal(await connect(url, { sslmode }), true, sslmode);
        }
        assert.equal(await connect(url, {}), true);
        for (const sslmode of ["require", "verify-ca", "verify-full"]) {
          assert.equal(await connect(url, { sslmode, sslrootcert }), true, sslmode);
          await assertRefused(
            connect(url, { sslmode, sslrootcert: other }),
            /certificate is not accepted .*sslrootcert/,
          );
        }
        for (const more of [{}, { sslrootcert: "system" }]) {
          await assertRefused(
            connect(url, { sslmode: "verify-full", ...more }),
            /certificate is not accepted/,
          );
        }
        // An address is a host of its own, which this certificate does not name.
        const address = "127.0.0.1";
        assert.equal(await connect(url, { sslmode: "verify-ca", sslrootcert }, address), true);
        await assertRefused(
          connect(url, { sslmode: "verify-full", sslrootcert }, address),
          /certificate is not accepted .*127\.0\.0\.1/,
        );
        await assert.rejects(
          connect(url, { sslmode: "verify-full", sslrootcert: `${dir}/none` }),
          (error) =>
            error instanceof InvalidOptionError && /sslrootcert ".*none"/.test(error.message),
        );
      }));

    test("verify-full refuses a certificate of another host, and takes one of an address", () =>
      inTempDir(async (dir) => {
        await Deno.chmod(dir, 0o755);
        const certificate = await makeCertificate(dir, "DNS:elsewhere.example,IP:127.0.0.1");
        const sslrootcert = certificate.authority;
        await using server = await startWithTls(certificate);
        const full = { sslmode: "verify-full", sslrootcert };
        await assertRefused(connect(server.url, full), /certificate is not accepted .*localhost/);
        assert.equal(await connect(server.url, full, "127.0.0.1"), true);
        assert.equal(await connect(server.url, { ...full, sslmode: "verify-ca" }), true);
        const path = `${server.newSchema()}&${new URLSearchParams(full)}`;
        await using store = await openStore({ path, artifactDir: `${dir}/artifacts` });
        await store.startRun({ id: "r" });
        assert.equal((await store.runs.list({})).length, 1);
      }));

    test("a server without encryption is refused where sslmode asks for it", async (server) => {
      assert.equal(await connect(server.url, { sslmode: "prefer" }), false);
      for (const sslmode of ["require", "verify-ca", "verify-full"]) {
        await assertRefused(connect(server.url, { sslmode }), /offers no encryption/);
      }
    });
  }, { losesConnections: true });
}
