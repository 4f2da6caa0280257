import { quote, StorageError } from "../../base/errors.ts";
import { builtin } from "../../base/builtin.ts";
import type { StagedBytes } from "../byte_store.ts";
import type { GrowingBytes } from "../growing_bytes.ts";
import type { S3Client } from "./client.ts";

/** Size of a full segment, in bytes. */
export const SEGMENT = 1024 * 1024;

/** Delay before appended bytes are sent, and interval of heartbeats, in milliseconds. */
const SEND_DELAY = 1000;
const BEAT_EVERY = 15_000;

/** Returns the key of a segment, numbered from 1. */
export function segmentKey(directory: string, number: number): string {
  return `${directory}/${String(number).padStart(8, "0")}`;
}

/** A log written by this process. */
export class GrowingObject implements GrowingBytes {
  readonly #client: S3Client;
  readonly #directory: string;
  readonly #name: string;
  readonly #stage: (size: number) => Promise<StagedBytes>;
  readonly #hash = builtin("node:crypto").createHash("sha256");
  readonly #beating: ReturnType<typeof setInterval>;
  /** Content of the incomplete segment. */
  #segment = new Uint8Array(64 * 1024);
  #filled = 0;
  #number = 1;
  #isSent = true;
  #size = 0;
  #failure: Error | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #sending: Promise<void> = Promise.resolve();

  /** Creates a writer of segments below a directory. */
  constructor(
    client: S3Client,
    directory: string,
    name: string,
    { stage }: { stage: (size: number) => Promise<StagedBytes> },
  ) {
    this.#client = client;
    this.#directory = directory;
    this.#name = name;
    this.#stage = stage;
    this.#beating = setInterval(() => this.beat().catch(() => {}), BEAT_EVERY);
    Deno.unrefTimer(this.#beating);
  }

  get size(): number {
    return this.#size;
  }

  /** Sends a heartbeat. */
  async beat(): Promise<void> {
    await this.#put(`${this.#directory}/alive`, new Uint8Array());
  }

  async append(bytes: Uint8Array): Promise<void> {
    if (this.#failure) throw this.#failure;
    this.#hash.update(bytes);
    this.#size += bytes.length;
    for (let at = 0; at < bytes.length;) {
      const part = bytes.subarray(at, at + SEGMENT - this.#filled);
      this.#fit(part.length);
      this.#segment.set(part, this.#filled);
      this.#filled += part.length;
      this.#isSent = false;
      at += part.length;
      if (this.#filled === SEGMENT) await this.#send();
    }
    if (this.#isSent || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#send().catch(() => {}); // The next call throws it.
    }, SEND_DELAY);
  }

  sync(): Promise<void> {
    return this.#send();
  }

  async finish(): Promise<StagedBytes> {
    try {
      await this.#send();
      const staged = await this.#stage(this.#size);
      if (staged.size === this.#size && staged.hash === this.#hash.digest("hex")) return staged;
      await staged.discard();
      throw new StorageError(
        `keep ${quote(this.#name)}`,
        "what the bucket has of it is not what was written; something else has changed it",
      );
    } finally {
      await this.#stop();
    }
  }

  close(): void {
    this.#send().catch(() => {}).then(() => this.#stop());
  }

  /** Sends the current segment, after earlier ones have arrived. */
  #send(): Promise<void> {
    return this.#sending = this.#sending.then(async () => {
      if (this.#failure) throw this.#failure;
      if (this.#isSent) return;
      const body = this.#segment.slice(0, this.#filled);
      const key = segmentKey(this.#directory, this.#number);
      this.#isSent = true;
      if (body.length === SEGMENT) {
        this.#number++;
        this.#filled = 0;
      }
      try {
        await this.#put(key, body);
      } catch (error) {
        throw this.#failure = error as Error;
      }
    });
  }

  async #put(key: string, body: Uint8Array<ArrayBuffer>): Promise<void> {
    await this.#client.sendForHead({
      method: "PUT",
      action: `keep more of ${quote(this.#name)}`,
      key,
      body,
    });
  }

  async #stop(): Promise<void> {
    clearInterval(this.#beating);
    clearTimeout(this.#timer);
    const key = `${this.#directory}/alive`;
    await this.#client.sendForHead({
      method: "DELETE",
      action: `end ${quote(this.#name)}`,
      key,
      accept: [404],
      maxTries: 2,
    }).catch(() => {}); // It expires anyway.
  }

  #fit(more: number): void {
    const wanted = this.#filled + more;
    if (wanted <= this.#segment.length) return;
    const larger = new Uint8Array(Math.min(SEGMENT, Math.max(wanted, this.#segment.length * 2)));
    larger.set(this.#segment.subarray(0, this.#filled));
    this.#segment = larger;
  }
}
