/** Listing of a store's objects and incomplete uploads in a bucket. */
import { STAGING, unsafePath } from "../../names/names.ts";
import type { ByteEntry } from "../byte_store.ts";
import type { S3Client } from "./client.ts";
import { identityOf } from "./objects.ts";
import { elements, textOf } from "./xml.ts";

/** Time for which staged bytes without a heartbeat count as in use, in milliseconds. */
export const ABANDONED_AFTER = 24 * 60 * 60 * 1000;

/** Key prefix under which uploads are listed; no key of an artifact starts with it. */
const UPLOADS = `${STAGING}/uploads`;

/** Key prefix of logs and leases, which are listed separately. */
export const OWN = `${STAGING}/own`;

/** An incomplete upload. */
export interface OpenUpload {
  /** Key of the future object. */
  readonly key: string;
  /** Id assigned by the server. */
  readonly id: string;
  /** Start time. */
  readonly startedAt: Date;
}

/** An object in a listing. */
export interface ListedObject {
  /** Key within the store. */
  readonly key: string;
  /** Size in bytes. */
  readonly size: number;
  /** ETag of its content. */
  readonly tag: string;
  /** Time at which it was stored. */
  readonly modifiedAt: Date;
}

/** Yields the objects whose keys start with `prefix`, by key, in pages. */
export async function* listObjects(
  client: S3Client,
  prefix: string,
): AsyncGenerator<ListedObject> {
  const { location } = client;
  let token: string | undefined;
  do {
    const page = await client.sendForText({
      method: "GET",
      action: "list objects",
      query: {
        "list-type": "2",
        "encoding-type": "url",
        prefix: location.prefix + prefix,
        "continuation-token": token,
      },
    });
    const isEncoded = textOf(page, "EncodingType") === "url";
    for (const item of elements(page, "Contents")) {
      yield {
        key: keyIn(item, isEncoded).slice(location.prefix.length),
        size: Number(textOf(item, "Size")),
        tag: textOf(item, "ETag") ?? "",
        modifiedAt: new Date(textOf(item, "LastModified") ?? NaN),
      };
    }
    token = textOf(page, "IsTruncated") === "true"
      ? textOf(page, "NextContinuationToken")
      : undefined;
  } while (token !== undefined);
}

/** Yields the incomplete uploads whose keys start with `prefix`, in pages. */
export async function* listUploads(client: S3Client, prefix: string): AsyncGenerator<OpenUpload> {
  const { location } = client;
  let marker: { "key-marker"?: string | undefined; "upload-id-marker"?: string | undefined } = {};
  for (;;) {
    const page = await client.sendForText({
      method: "GET",
      action: "list uploads",
      query: {
        uploads: "",
        "encoding-type": "url",
        prefix: location.prefix + prefix,
        ...marker,
      },
    });
    const isEncoded = textOf(page, "EncodingType") === "url";
    for (const item of elements(page, "Upload")) {
      yield {
        key: keyIn(item, isEncoded).slice(location.prefix.length),
        id: textOf(item, "UploadId") ?? "",
        startedAt: new Date(textOf(item, "Initiated") ?? NaN),
      };
    }
    if (textOf(page, "IsTruncated") !== "true") return;
    const next = textOf(page, "NextKeyMarker");
    marker = {
      "key-marker": next === undefined || !isEncoded ? next : decodeKey(next),
      "upload-id-marker": textOf(page, "NextUploadIdMarker"),
    };
  }
}

function keyIn(item: string, isEncoded: boolean): string {
  const key = textOf(item, "Key") ?? "";
  return isEncoded ? decodeKey(key) : key;
}

function decodeKey(key: string): string {
  return decodeURIComponent(key.replaceAll("+", " "));
}

/** Clock, and lifetime of staged objects. */
export interface Ages {
  /** The server's time, in epoch milliseconds. */
  readonly serverTime: number;
  /** Age from which staged objects count as abandoned, in milliseconds. */
  readonly abandonedAfter: number;
}

/** Converts an object to an entry of the store. */
export function entryOf(object: ListedObject, ages: Ages): ByteEntry {
  const { key, size, modifiedAt } = object;
  const identity = identityOf(object);
  return {
    key,
    kind: "file",
    state: stateOf(key, modifiedAt, ages),
    size,
    modifiedAt,
    identity,
    links: 1,
  };
}

function stateOf(key: string, modifiedAt: Date, ages: Ages): ByteEntry["state"] {
  if (key.startsWith(`${STAGING}/`)) return ageState(modifiedAt, ages);
  // Artifacts are inside the directories of their runs.
  return unsafePath(key) === undefined && key.includes("/") ? "published" : "foreign";
}

function ageState(since: Date, { serverTime, abandonedAfter }: Ages): "staged" | "abandoned" {
  return serverTime - since.getTime() >= abandonedAfter ? "abandoned" : "staged";
}

/** Converts an upload to an entry of the store. */
export function uploadEntry({ key, id, startedAt }: OpenUpload, ages: Ages): ByteEntry {
  return {
    key: `${UPLOADS}/${key}`,
    kind: "file",
    state: ageState(startedAt, ages),
    size: 0,
    modifiedAt: startedAt,
    identity: id,
    links: 1,
  };
}

/** Returns the key of an upload's future object; `undefined` if the entry is an object. */
export function uploadKeyOf({ key, state }: ByteEntry): string | undefined {
  const isUpload = state !== "published" && key.startsWith(`${UPLOADS}/`);
  return isUpload ? key.slice(UPLOADS.length + 1) : undefined;
}
