/** Objects of a store, one by one: what is at a key, and removing it. */
import { quote } from "../../base/errors.ts";
import { builtin } from "../../base/builtin.ts";
import { joinFailures } from "../../base/join_failures.ts";
import type { S3Client } from "./client.ts";
import { refusalError } from "./s3_error.ts";
import { elements, escapeXml, textOf } from "./xml.ts";

/** Header of the id that staged bytes have as an object. */
export const ID = "x-amz-meta-chachaml-id";

/** Header of an object's permission bits, octal. */
export const MODE = "x-amz-meta-chachaml-mode";

/** Header of an object's SHA-256, where it was known before it was stored. */
export const SHA256 = "x-amz-meta-chachaml-sha256";

/** Keys that one request removes. */
const BATCH = 1000;

/** What is at a key. */
export interface ObjectHead {
  /** Bytes. */
  readonly size: number;
  /** The server's tag of its contents. */
  readonly tag: string;
  /** When it was stored. */
  readonly modifiedAt: Date;
  /** Id that it was staged with, if this store has put it there. */
  readonly id: string | undefined;
  /** Permission bits, where they are noted. */
  readonly mode: number | undefined;
}

/** What the headers of an answer say of an object; `size` is of the whole object. */
export function headOf(headers: Headers, size: number): ObjectHead {
  const mode = parseInt(headers.get(MODE) ?? "", 8);
  return {
    size,
    tag: headers.get("etag") ?? "",
    modifiedAt: new Date(headers.get("last-modified") ?? NaN),
    id: headers.get(ID) ?? undefined,
    mode: Number.isNaN(mode) ? undefined : mode,
  };
}

/** Which object it is: the next one at its key is another, even of the same bytes. */
export function identityOf({ tag, modifiedAt }: Pick<ObjectHead, "tag" | "modifiedAt">): string {
  return `${tag.replaceAll('"', "")}-${Math.floor(modifiedAt.getTime() / 1000)}`;
}

/** Looks at and removes objects. */
export class Objects {
  readonly #client: S3Client;
  #isBucketKnown = false;

  /** Works through a client. */
  constructor(client: S3Client) {
    this.#client = client;
  }

  /** What is at a key; `undefined` if nothing is. */
  async head(key: string): Promise<ObjectHead | undefined> {
    const { ok, headers } = await this.#client.sendForHead({
      method: "HEAD",
      action: `look at ${quote(key)}`,
      key,
      accept: [404],
    });
    if (ok) return headOf(headers, Number(headers.get("content-length")));
    await this.#requireBucket(`look at ${quote(key)}`);
  }

  /** The answer to HEAD is the same for a bucket that is missing as for a key. */
  async #requireBucket(action: string): Promise<void> {
    if (this.#isBucketKnown) return;
    const { ok } = await this.#client.sendForHead({
      method: "HEAD",
      action,
      accept: [403, 404],
    }).then(({ ok, status }) => ({ ok: ok || status === 403 }));
    if (!ok) {
      const refusal = { status: 404, reason: "NoSuchBucket", message: "", region: undefined };
      throw refusalError(action, refusal, this.#client.location);
    }
    this.#isBucketKnown = true;
  }

  /** Removes one object, if it is there. */
  async remove(key: string): Promise<void> {
    await this.#client.sendForHead({
      method: "DELETE",
      action: `remove ${quote(key)}`,
      key,
      accept: [404],
    });
  }

  /** Removes objects, many in one request; gives what could not be removed. */
  async removeAll(keys: readonly string[]): Promise<Error[]> {
    const failures: Error[] = [];
    for (let at = 0; at < keys.length; at += BATCH) {
      const batch = keys.slice(at, at + BATCH);
      try {
        if (batch.length === 1) await this.remove(batch[0]!);
        else failures.push(...await this.#removeBatch(batch));
      } catch (error) {
        const all = batch.map(() => error as Error);
        failures.push(joinFailures(`remove ${all.length} objects`, all));
      }
    }
    return failures;
  }

  async #removeBatch(keys: readonly string[]): Promise<Error[]> {
    const { location } = this.#client;
    const objects = keys.map((key) =>
      `<Object><Key>${escapeXml(location.prefix + key)}</Key></Object>`
    );
    const body = new TextEncoder().encode(
      `<Delete><Quiet>true</Quiet>${objects.join("")}</Delete>`,
    );
    const md5 = builtin("node:crypto").createHash("md5").update(body).digest("base64");
    const answer = await this.#client.sendForText({
      method: "POST",
      action: `remove ${keys.length} objects`,
      query: { delete: "" },
      headers: { "content-md5": md5, "content-type": "application/xml" },
      body,
    });
    return elements(answer, "Error").flatMap((error) => {
      const reason = textOf(error, "Code") ?? "";
      if (reason === "NoSuchKey") return [];
      const key = (textOf(error, "Key") ?? "").slice(location.prefix.length);
      const refusal = {
        status: 200,
        reason,
        message: textOf(error, "Message") ?? "",
        region: undefined,
      };
      return [refusalError(`remove ${quote(key)}`, refusal, location)];
    });
  }
}
