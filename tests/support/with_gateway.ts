/** Runs a command with an S3 gateway: `deno run -A tests/support/with_gateway.ts COMMAND…`. */
import { CephGateway, gatewayMissing, KEYS } from "./ceph_gateway.ts";

const [program = "", ...args] = Deno.args;
const missing = Deno.env.has("CHACHAML_TEST_S3") ? undefined : await gatewayMissing();
if (missing !== undefined) console.log(`No S3 gateway: ${missing}. Its tests are skipped.`);
const given = Deno.env.get("CHACHAML_TEST_S3");
const gateway = missing === undefined && given === undefined
  ? await CephGateway.start()
  : undefined;
const endpoint = given ?? gateway?.endpoint;
try {
  const { code } = await new Deno.Command(program === "deno" ? Deno.execPath() : program, {
    args,
    env: endpoint === undefined ? {} : {
      CHACHAML_TEST_S3: endpoint,
      AWS_ACCESS_KEY_ID: KEYS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: KEYS.secretAccessKey,
    },
  }).spawn().status;
  Deno.exitCode = code;
} finally {
  await gateway?.[Symbol.asyncDispose]();
}
