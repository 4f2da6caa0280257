/** Runs a command with a PostgreSQL server: `deno run -A tests/support/with_postgres.ts COMMAND…`. */
import { postgresMissing, startServer } from "./postgres.ts";

const [program = "", ...args] = Deno.args;
if (postgresMissing !== undefined) {
  console.log(`No PostgreSQL server: ${postgresMissing}. Its tests are skipped.`);
  Deno.exit(0);
}
const given = Deno.env.get("CHACHAML_TEST_POSTGRES");
// Each test has a schema of its own, so that there are many tables.
const settings = { max_connections: "200", max_locks_per_transaction: "512" };
const server = given === undefined ? await startServer(undefined, settings) : undefined;
try {
  const { code } = await new Deno.Command(program === "deno" ? Deno.execPath() : program, {
    args,
    env: { CHACHAML_TEST_POSTGRES: given ?? server!.url },
  }).spawn().status;
  Deno.exitCode = code;
} finally {
  await server?.[Symbol.asyncDispose]();
}
