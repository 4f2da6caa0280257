/**
 * Runs the behavior tests on each composition whose servers are at hand: `deno task test:stores`.
 * CHACHAML_TEST_POSTGRES and CHACHAML_TEST_S3 say where the servers are.
 */
const TESTS: readonly string[] = [
  "tests/artifacts",
  "tests/maintenance",
  "tests/metrics",
  "tests/models",
  "tests/runs",
  "tests/server/api_events_test.ts",
  "tests/server/handler_test.ts",
  "tests/server/hostile_test.ts",
];

/** Compositions, and the variables that they need. */
const COMPOSITIONS: Readonly<Record<string, readonly string[]>> = {
  "postgres+files": ["CHACHAML_TEST_POSTGRES"],
};

let code = 0;
for (const [name, needed] of Object.entries(COMPOSITIONS)) {
  const missing = needed.filter((variable) => !Deno.env.has(variable));
  if (missing.length > 0) {
    console.log(`${name}: skipped, as ${missing} is not set`);
    continue;
  }
  console.log(`${name}:`);
  const { code: own } = await new Deno.Command(Deno.execPath(), {
    args: ["test", "--no-prompt", "--no-check", "-A", ...Deno.args, ...TESTS],
    env: { CHACHAML_TEST_STORE: name },
  }).spawn().status;
  code ||= own;
}
Deno.exit(code);
