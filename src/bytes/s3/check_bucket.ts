/**
 * Check of a bucket: tries the first steps of a put, and reports missing features of the server.
 */
import type { ByteReader, ByteStore, ByteStoreCheck } from "../byte_store.ts";
import type { Publisher } from "./publisher.ts";
import { ChachamlError } from "../../base/errors.ts";

/** A run id that cannot exist, because it starts like an option. */
const RUN = "-check";

/** Stores, lists and removes two objects. */
export async function checkBucket(
  bytes: Pick<ByteStore, "stage" | "publish" | "list" | "removeAll">,
  publisher: Publisher,
): Promise<ByteStoreCheck> {
  const keys = [1, 2].map((number) => `${RUN}/${crypto.randomUUID()}-${number}`);
  try {
    for (const key of keys) {
      const staged = await bytes.stage(oneByte(), {});
      try {
        await bytes.publish(staged, key);
      } finally {
        await staged.release();
      }
    }
    for await (const _ of bytes.list(RUN)) break;
    const [failure] = await bytes.removeAll(keys);
    return { failure, warnings: warningsOf(publisher) };
  } catch (error) {
    await bytes.removeAll(keys).catch(() => []);
    if (!(error instanceof ChachamlError)) throw error;
    return { failure: error, warnings: [] };
  }
}

function warningsOf({ conditions }: Publisher): string[] {
  if (conditions === "met") return [];
  return [
    "the bucket's server ignores conditional writes (If-None-Match), so that only the database's " +
    "lock keeps two writers of one name apart",
  ];
}

function oneByte(): ByteReader {
  let given = false;
  return {
    size: 1,
    read: (into) => {
      const count = given ? 0 : 1;
      into.fill(0x2e, 0, count);
      given = true;
      return Promise.resolve(count);
    },
    close: () => Promise.resolve(),
  };
}
