/** Where a database server is, as URLs, variables and files of passwords say. */
import assert from "node:assert/strict";
import { join } from "@std/path";
import { InvalidOptionError } from "../../../mod.ts";
import { findPassword } from "../../../src/metadata/postgres/password_file.ts";
import { serverOf } from "../../../src/metadata/postgres/server.ts";
import { inTempDir } from "../../support/helpers.ts";

const VARIABLES = [
  "PGHOST",
  "PGPORT",
  "PGUSER",
  "PGPASSWORD",
  "PGDATABASE",
  "PGSSLMODE",
  "PGSSLROOTCERT",
  "PGPASSFILE",
  "PGAPPNAME",
  "PGCONNECT_TIMEOUT",
  "HOME",
  "USER",
];

/** Calls with these variables alone. */
async function withVariables(
  variables: Readonly<Record<string, string>>,
  work: () => Promise<void>,
): Promise<void> {
  const before = VARIABLES.map((name) => [name, Deno.env.get(name)] as const);
  for (const name of VARIABLES) Deno.env.delete(name);
  for (const [name, value] of Object.entries(variables)) Deno.env.set(name, value);
  try {
    await work();
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) Deno.env.delete(name);
      else Deno.env.set(name, value);
    }
  }
}

Deno.test("a URL says where the server is, and may say all of it", () =>
  withVariables({}, async () => {
    const url = "postgresql://us%40er:p%40ss%2Fw%3Ard@db.example:5433/my%20db" +
      "?currentSchema=my%22schema&sslmode=require&connect_timeout=7&application_name=x&prepare=false";
    assert.deepEqual(await serverOf(url), {
      shown: url.replace("p%40ss%2Fw%3Ard", "***"),
      host: "db.example",
      port: 5433,
      database: "my db",
      user: "us@er",
      password: "p@ss/w:rd",
      schema: 'my"schema',
      sslMode: "require",
      sslRootCert: undefined,
      applicationName: "x",
      connectTimeout: 7000,
      prepare: false,
    });
    const { host, port } = await serverOf("postgres://u@[::1]:5433/d");
    assert.deepEqual([host, port], ["::1", 5433]);
    assert.equal((await serverOf("postgres://u@/d?host=/run/pg")).host, "/run/pg");
  }));

Deno.test("variables say what the URL leaves out", () =>
  withVariables({
    PGHOST: "h",
    PGPORT: "1",
    PGUSER: "u",
    PGPASSWORD: "secret",
    PGDATABASE: "d",
    PGSSLMODE: "disable",
    PGAPPNAME: "app",
  }, async () => {
    const given = await serverOf("postgres://");
    const { host, port, user, password, database, sslMode, applicationName } = given;
    assert.deepEqual(
      [host, port, user, password, database, sslMode, applicationName],
      ["h", 1, "u", "secret", "d", "disable", "app"],
    );
    assert.equal((await serverOf("postgres://other@/db")).user, "other");
  }));

Deno.test("a password comes from ~/.pgpass, unless others may read it", () =>
  inTempDir((dir) =>
    withVariables({ HOME: dir }, async () => {
      const path = join(dir, ".pgpass");
      await Deno.writeTextFile(path, "# passwords\nh:*:d:u:se\\:cr\\\\et\n*:*:*:*:other\n");
      await Deno.chmod(path, 0o600);
      assert.equal((await serverOf("postgres://u@h/d")).password, "se:cr\\et");
      assert.equal((await serverOf("postgres://u@h/e")).password, "other");
      assert.equal((await serverOf("postgres://u:own@h/e")).password, "own");
      await Deno.chmod(path, 0o640);
      assert.equal((await serverOf("postgres://u@h/d")).password, undefined);
    })
  ));

Deno.test("findPassword() takes the first line that fits, a socket as localhost", () => {
  const scope = { host: "/run/postgresql", port: 5432, database: "d", user: "u" };
  assert.equal(findPassword("h:5432:d:u:no\nlocalhost:5432:d:u:yes\n", scope), "yes");
  assert.equal(findPassword("short:line\n\n", scope), undefined);
});

Deno.test("a URL that cannot be used is refused, without its password", () =>
  withVariables({ USER: "u" }, async () => {
    const cases: Record<string, RegExp> = {
      "postgres://u:secret@h/d?schema=x":
        /there is no parameter "schema"; it takes host, .*currentSchema/,
      "postgres://u:secret@h/d?sslmode=maybe": /sslmode takes disable, allow/,
      "postgres://u:secret@h1,h2/d": /several hosts/,
      "postgres://u:secret%@h/d": /its password has a "%"/,
      "postgres://u:secret@h:port/d": /it is not a URL/,
      "postgres://u:secret@h/d?connect_timeout=soon": /connect_timeout is not a number/,
    };
    for (const [url, message] of Object.entries(cases)) {
      await assert.rejects(serverOf(url), (error: Error) => {
        assert.ok(error instanceof InvalidOptionError, url);
        assert.match(error.message, message);
        assert.doesNotMatch(error.message, /secret/, url);
        return true;
      });
    }
  }));
