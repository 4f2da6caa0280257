/** Buckets for tests, of the gateway that `deno task test:s3` starts. */
import { S3ByteStore } from "../../src/bytes/s3/s3_byte_store.ts";
import { S3Client } from "../../src/bytes/s3/client.ts";
import { parseLocation } from "../../src/bytes/s3/location.ts";

/** The gateway's address; `undefined` where there is none. */
export const GATEWAY: string | undefined = Deno.env.get("CHACHAML_TEST_S3");

/** Why there is no gateway; `undefined` if there is one. */
export const s3Missing: string | undefined = GATEWAY === undefined
  ? "deno task test:s3 starts a gateway"
  : undefined;

/** Declares a test that needs a gateway; without one it is skipped, and says why. */
export function testWithS3(
  name: string,
  test: (step: Deno.TestContext) => Promise<void>,
): void {
  if (s3Missing === undefined) Deno.test(name, test);
  else Deno.test.ignore(`${name} (skipped: ${s3Missing})`, () => {});
}

/** The URL of a place in a bucket, which is made where it is missing. */
export async function freshPlace(
  { bucket = "chachaml-test", endpoint = GATEWAY! }: { bucket?: string; endpoint?: string } = {},
): Promise<string> {
  await makeBucket(bucket);
  return placeIn(bucket, endpoint);
}

/** The URL of a place of its own in a bucket. */
export function placeIn(bucket: string, endpoint: string): string {
  return `s3://${bucket}/${crypto.randomUUID().slice(0, 8)}?endpoint=${endpoint}&region=us-east-1`;
}

/** Makes a bucket of the gateway. */
export async function makeBucket(bucket: string): Promise<void> {
  const client = clientOf(`s3://${bucket}?endpoint=${GATEWAY}&region=us-east-1`);
  await client.sendForHead({ method: "PUT", action: "make a bucket", accept: [409] });
}

/** A client of the gateway. */
export function clientOf(url: string, options?: ConstructorParameters<typeof S3Client>[1]) {
  return new S3Client(parseLocation(url), options);
}

/** Gives a test a byte store in a fresh place. */
export async function withS3Bytes(work: (bytes: S3ByteStore) => Promise<void>): Promise<void> {
  await work(new S3ByteStore(clientOf(await freshPlace())));
}

/** The byte store of a place in a bucket. */
export function bucketAt(url: string): S3ByteStore {
  return new S3ByteStore(clientOf(url));
}

/** Writes an object over whatever is there, as another program may do. */
export async function writeObject(url: string, key: string, text: string): Promise<void> {
  const body = new TextEncoder().encode(text);
  await clientOf(url).sendForHead({ method: "PUT", action: "write an object", key, body });
}

/** Writes other bytes over the object at an `s3:` URL of the gateway, or removes it. */
export async function tamperWithObject(
  url: string,
  bytes: Uint8Array<ArrayBuffer> | undefined,
): Promise<void> {
  const { hostname, pathname } = new URL(url);
  const client = clientOf(`s3://${hostname}?endpoint=${GATEWAY}&region=us-east-1`);
  const request = { action: "tamper with an object", key: decodeURIComponent(pathname.slice(1)) };
  await client.sendForHead(
    bytes ? { ...request, method: "PUT", body: bytes } : { ...request, method: "DELETE" },
  );
}
