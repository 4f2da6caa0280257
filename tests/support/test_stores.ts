/**
 * Runs the behavior tests on each composition whose servers are at hand: `deno task test:stores`.
 * CHACHAML_TEST_POSTGRES and CHACHAML_TEST_S3 say where the servers are.
 */
import { TEST_BUCKET } from "./compositions.ts";
import { GATEWAY, makeBucket } from "./s3.ts";

/** Tests that hold on every composition, or skip what they cannot look at there. */
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
  "sqlite+s3": ["CHACHAML_TEST_S3"],
  "postgres+s3": ["CHACHAML_TEST_POSTGRES", "CHACHAML_TEST_S3"],
};

if (GATEWAY !== undefined) await makeBucket(TEST_BUCKET);

let code = 0;
for (const [name, needed] of Object.entries(COMPOSITIONS)) {
  const missing = needed.filter((variable) => !Deno.env.has(variable));
  if (missing.length > 0) {
    console.log(`${name}: skipped, as ${missing} is not set`);
    continue;
  }
  console.log(`${name}:`);
  // These mostly wait for the bucket; tests of files rather look at locks of their process.
  const parallel = name.endsWith("+s3") ? ["--parallel"] : [];
  const { code: own } = await new Deno.Command(Deno.execPath(), {
    args: ["test", "--no-prompt", "--no-check", ...parallel, "-A", ...Deno.args, ...TESTS],
    env: { CHACHAML_TEST_STORE: name },
  }).spawn().status;
  code ||= own;
}
Deno.exit(code);
