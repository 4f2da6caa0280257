import { testByteStore } from "../../contract/byte_store.ts";
import { GATEWAY, withS3Bytes } from "../../support/s3.ts";

if (GATEWAY !== undefined) testByteStore("S3", withS3Bytes);
else Deno.test.ignore("S3: skipped: deno task test:s3 starts a gateway", () => {});
