import { quote } from "../../base/errors.ts";
import type { OpenBytes } from "../byte_store.ts";
import type { GrowingReader } from "../growing_bytes.ts";
import type { S3Client } from "./client.ts";
import { SEGMENT, segmentKey } from "./growing_object.ts";
import type { Objects } from "./objects.ts";
import { openObject } from "./open_object.ts";

/** Interval of checks at the end of a log, in milliseconds. */
const LOOK_EVERY = 1000;

/** Location of a log. */
export interface LogPlace {
  /** Directory of its segments. */
  readonly directory: string;
  /** Key of the future artifact. */
  readonly key: string;
  /** Whether it was being written when it was opened. */
  readonly growing: boolean;
  /** Returns whether it is being written. */
  readonly isGrowing: () => Promise<boolean>;
}

/** A log, opened for reading. If it becomes an artifact meanwhile, reading continues there. */
export class GrowingObjectReader implements GrowingReader {
  readonly #client: S3Client;
  readonly #objects: Objects;
  readonly #place: LogPlace;
  #at: number;
  #rest: Uint8Array<ArrayBuffer> = new Uint8Array();
  #artifact: OpenBytes | undefined;
  #growing: boolean;
  #lookedAt = -Infinity;

  /** Creates a reader, from the byte `start` on. */
  constructor(client: S3Client, objects: Objects, place: LogPlace, start = 0) {
    this.#client = client;
    this.#objects = objects;
    this.#place = place;
    this.#at = start;
    this.#growing = place.growing;
  }

  async read(into: Uint8Array): Promise<number> {
    if (this.#rest.length === 0 && !this.#artifact) await this.#receive();
    if (this.#artifact) return await this.#artifact.read(into);
    const part = this.#rest.subarray(0, into.length);
    into.set(part);
    this.#rest = this.#rest.subarray(part.length);
    this.#at += part.length;
    return part.length;
  }

  isGrowing(): boolean {
    return this.#growing;
  }

  close(): void {
    this.#artifact?.close();
  }

  async #receive(): Promise<void> {
    if (performance.now() - this.#lookedAt < LOOK_EVERY) return;
    // Checked before reading, so that bytes written before the end are not missed.
    const growing = this.#growing && await this.#place.isGrowing();
    const more = await this.#readSegment();
    if (more.length > 0) {
      this.#rest = more;
      return;
    }
    if (this.#growing) this.#lookedAt = performance.now();
    if (!growing && this.#growing) await this.#continueInArtifact();
    this.#growing = growing;
  }

  async #readSegment(): Promise<Uint8Array<ArrayBuffer>> {
    const number = Math.floor(this.#at / SEGMENT) + 1;
    const { ok, bytes } = await this.#client.sendForAnswer({
      method: "GET",
      action: `read the log of ${quote(this.#place.key)}`,
      key: segmentKey(this.#place.directory, number),
      headers: { range: `bytes=${this.#at % SEGMENT}-` },
      accept: [404, 416],
    });
    return ok ? bytes : new Uint8Array();
  }

  async #continueInArtifact(): Promise<void> {
    if (await this.#objects.head(`${this.#place.directory}/name`)) return;
    try {
      this.#artifact = await openObject(this.#client, this.#objects, this.#place.key, {
        start: this.#at,
      });
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
}
