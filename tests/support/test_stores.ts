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
];

/** Tests of a server on the store. */
const SERVER_TESTS: readonly string[] = [
  "tests/server/api_events_test.ts",
  "tests/server/handler_test.ts",
  "tests/server/hostile_test.ts",
  "tests/server/mlflow_handler_test.ts",
];

/** A composition that is tested. */
interface Tested {
  /** Variables that it needs. */
  readonly needed: readonly string[];
  /** Tests beside those that run on all. */
  readonly tests: readonly string[];
}

const COMPOSITIONS: Readonly<Record<string, Tested>> = {
  "postgres+files": { needed: ["CHACHAML_TEST_POSTGRES"], tests: SERVER_TESTS },
  "sqlite+s3": { needed: ["CHACHAML_TEST_S3"], tests: SERVER_TESTS },
  "postgres+s3": {
    needed: ["CHACHAML_TEST_POSTGRES", "CHACHAML_TEST_S3"],
    tests: SERVER_TESTS,
  },
  // The server's own store is SQLite with files; archives are sent to it and read from it.
  remote: { needed: [], tests: ["tests/archive"] },
};

if (GATEWAY !== undefined) await makeBucket(TEST_BUCKET);

let code = 0;
for (const [name, { needed, tests }] of Object.entries(COMPOSITIONS)) {
  const missing = needed.filter((variable) => !Deno.env.has(variable));
  if (missing.length > 0) {
    console.log(`${name}: skipped, as ${missing} is not set`);
    continue;
  }
  console.log(`${name}:`);
  // These mostly wait for the bucket; tests of files rather look at locks of their process.
  const parallel = name.endsWith("+s3") ? ["--parallel"] : [];
  const { code: own } = await new Deno.Command(Deno.execPath(), {
    args: [
      "test",
      "--no-prompt",
      "--no-check",
      ...parallel,
      "-A",
      ...Deno.args,
      ...TESTS,
      ...tests,
    ],
    env: { CHACHAML_TEST_STORE: name },
  }).spawn().status;
  code ||= own;
}
Deno.exit(code);
