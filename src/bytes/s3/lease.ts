/** Locks among processes that expire unless their owner renews them. */
import type { S3Client } from "./client.ts";
import { OWN } from "./list_objects.ts";
import type { Objects } from "./objects.ts";

/** Interval of renewals, in milliseconds; an expired lease is free. */
const RENEWED_EVERY = 15_000;
const FREE_AFTER = 90_000;

/** Leases in a bucket. */
export class Leases {
  readonly #client: S3Client;
  readonly #objects: Objects;

  /** Creates leases with a client. */
  constructor(client: S3Client, objects: Objects) {
    this.#client = client;
    this.#objects = objects;
  }

  /** Takes a lease; `undefined` if another process holds it. */
  async acquire(name: string): Promise<(() => Promise<void>) | undefined> {
    const key = `${OWN}/leases/${name}`;
    const owner = crypto.randomUUID();
    const there = await this.#objects.head(key);
    if (there && this.#client.serverTime - there.modifiedAt.getTime() < FREE_AFTER) {
      return undefined;
    }
    const condition = there ? { "if-match": there.tag } : { "if-none-match": "*" };
    if (!await this.#write(key, owner, condition)) return undefined;
    const timer = setInterval(() => {
      this.#write(key, owner).catch(() => {}); // The next renewal is early enough.
    }, RENEWED_EVERY);
    Deno.unrefTimer(timer);
    return async () => {
      clearInterval(timer);
      await this.#objects.remove(key).catch(() => {}); // It expires anyway.
    };
  }

  async #write(
    key: string,
    owner: string,
    condition?: Readonly<Record<string, string>>,
  ): Promise<boolean> {
    const request = {
      method: "PUT",
      action: "take a lease",
      key,
      body: new TextEncoder().encode(owner),
    } as const;
    const { ok, status } = await this.#client.sendForHead({
      ...request,
      headers: condition ?? {},
      accept: condition ? [409, 412, 501] : [],
    });
    if (ok || status !== 501) return ok;
    // On a server without conditional requests the last writer holds the lease.
    await this.#client.sendForHead(request);
    const last = await this.#client.sendForText({ method: "GET", action: "take a lease", key });
    return last === owner;
  }
}
