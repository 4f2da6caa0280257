/** Inspecting and removing of objects. */
import { quote } from "../../base/errors.ts";
import { builtin } from "../../base/builtin.ts";
import { joinFailures } from "../../base/join_failures.ts";
import type { S3Client } from "./client.ts";
import { refusalError } from "./s3_error.ts";
import { elements, escapeXml, textOf } from "./xml.ts";

/** Header with the id of the staged bytes. */
export const ID = "x-amz-meta-chachaml-id";

/** Header with the permission bits, in octal. */
export const MODE = "x-amz-meta-chachaml-mode";

/** Header with the SHA-256, if it was known before the upload. */
export const SHA256 = "x-amz-meta-chachaml-sha256";

/** Number of keys removed per request. */
const BATCH = 1000;

/** Metadata of an object. */
export interface ObjectHead {
  /** Size in bytes. */
  readonly size: number;
  /** ETag of its content. */
  readonly tag: string;
  /** Time at which it was stored. */
  readonly modifiedAt: Date;
  /** Id of its staged bytes, if this store created it. */
  readonly id: string | undefined;
  /** Permission bits, if recorded. */
  readonly mode: number | undefined;
}

/** Parses the headers of a response; `size` is the size of the whole object. */
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

/**
 * Returns the identity of an object, which differs from the next one at its key, even with equal
 * bytes.
 */
export function identityOf({ tag, modifiedAt }: Pick<ObjectHead, "tag" | "modifiedAt">): string {
  return `${tag.replaceAll('"', "")}-${Math.floor(modifiedAt.getTime() / 1000)}`;
}

/** Inspects and removes objects. */
export class Objects {
  readonly #client: S3Client;
  #isBucketKnown = false;

  /** Creates an accessor with a client. */
  constructor(client: S3Client) {
    this.#client = client;
  }

  /** Returns the metadata of an object; `undefined` if it does not exist. */
  async head(key: string): Promise<ObjectHead | undefined> {
    const { ok, headers } = await this.#client.sendForHead({
      method: "HEAD",
      action: `inspect ${quote(key)}`,
      key,
      accept: [404],
    });
    if (ok) return headOf(headers, Number(headers.get("content-length")));
    await this.#requireBucket(`inspect ${quote(key)}`);
  }

  /**
   * Checks that the bucket exists: HEAD responses do not tell a missing bucket from a missing key.
   */
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

  /** Removes an object, if it exists. */
  async remove(key: string): Promise<void> {
    await this.#client.sendForHead({
      method: "DELETE",
      action: `remove ${quote(key)}`,
      key,
      accept: [404],
    });
  }

  /** Removes objects, many per request. Returns the errors of those that could not be removed. */
  async removeAll(keys: readonly string[]): Promise<Error[]> {
    return [...new Set((await this.removeEach(keys)).values())];
  }

  /** Removes objects, many per request. Returns the errors of those that could not be, by key. */
  async removeEach(keys: readonly string[]): Promise<Map<string, Error>> {
    const failures = new Map<string, Error>();
    for (let at = 0; at < keys.length; at += BATCH) {
      const batch = keys.slice(at, at + BATCH);
      try {
        if (batch.length === 1) await this.remove(batch[0]!);
        else for (const [key, error] of await this.#removeBatch(batch)) failures.set(key, error);
      } catch (error) {
        const all = batch.map(() => error as Error);
        const joined = joinFailures(`remove ${all.length} objects`, all);
        for (const key of batch) failures.set(key, joined);
      }
    }
    return failures;
  }

  async #removeBatch(keys: readonly string[]): Promise<[key: string, error: Error][]> {
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
    return elements(answer, "Error").flatMap((error): [string, Error][] => {
      const reason = textOf(error, "Code") ?? "";
      if (reason === "NoSuchKey") return [];
      const key = (textOf(error, "Key") ?? "").slice(location.prefix.length);
      const refusal = {
        status: 200,
        reason,
        message: textOf(error, "Message") ?? "",
        region: undefined,
      };
      return [[key, refusalError(`remove ${quote(key)}`, refusal, location)]];
    });
  }
}
