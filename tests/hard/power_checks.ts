/** What must hold of a store after a power cut, by the promises that were kept until then. */
import assert from "node:assert/strict";
import { join } from "@std/path";
import { openStore, type Store } from "../../mod.ts";

/** Values that each thing may have: `null` says that it is not there. */
export class Promises {
  readonly #allowed = new Map<string, Set<string | null>>();

  /** Notes what was there before. */
  constructor(before: Readonly<Record<string, string | null>>) {
    for (const [key, value] of Object.entries(before)) this.#allowed.set(key, new Set([value]));
  }

  /** Reads a mark: what is being changed may have either value, what has been changed only one. */
  read(mark: string): void {
    const [, word, json] = /^(begin|end) (.*)$/.exec(mark)!;
    for (const [key, value] of Object.entries(JSON.parse(json!) as Record<string, string | null>)) {
      if (word === "end") this.#allowed.set(key, new Set([value]));
      else this.#allowed.set(key, new Set([...this.#allowed.get(key) ?? [null], value]));
    }
  }

  /** Fails unless a thing has one of its values. */
  require(key: string, value: string | null): void {
    const allowed = this.#allowed.get(key) ?? new Set([null]);
    assert.ok(allowed.has(value), `${key} is ${value}, and not ${[...allowed].join(" or ")}`);
  }

  /** Things that were promised, by the first word of their keys. */
  keys(kind: string): string[] {
    return [...this.#allowed.keys()].filter((key) => key.split(" ")[0] === kind);
  }

  /** Whether something must be there. */
  isCertain(key: string): boolean {
    const allowed = this.#allowed.get(key);
    return allowed !== undefined && !allowed.has(null);
  }
}

/** Where a story keeps its store. */
export interface Place {
  readonly path: string;
  readonly artifactDir?: string;
  readonly backup?: string;
}

/** Opens what a power cut has left and fails unless all promises were kept. */
export async function requireKept(place: Place, promises: Promises): Promise<void> {
  const { path, artifactDir, backup } = place;
  const where = artifactDir === undefined ? { path } : { path, artifactDir };
  await using store = await openStore({ ...where, driver: "builtin" });
  for (const key of promises.keys("run")) {
    const [run] = (await store.runs.list()).filter(({ id }) => `run ${id}` === key);
    promises.require(key, run?.status ?? null);
  }
  const found = new Map<string, string>();
  for (const artifact of await store.artifacts.find({})) {
    found.set(`artifact ${artifact.runId}/${artifact.name}`, await artifact.text({ verify: true }));
  }
  for (const key of new Set([...promises.keys("artifact"), ...found.keys()])) {
    promises.require(key, found.get(key) ?? null);
  }
  for (const key of promises.keys("points")) {
    const { length } = await store.metrics.points(key.slice("points ".length));
    promises.require(key, length === 0 ? null : String(length));
  }
  if (backup !== undefined && promises.isCertain("backup")) await requireBackup(backup);
  await requireUsable(store);
}

async function requireBackup(dir: string): Promise<void> {
  const path = join(dir, "chachaml.db");
  await using store = await openStore({ path, driver: "builtin", readOnly: true });
  const artifacts = await store.artifacts.find({});
  assert.equal(artifacts.length, 4);
  for (const artifact of artifacts) await artifact.bytes({ verify: true });
}

async function requireUsable(store: Store): Promise<void> {
  await store.startRun({ id: "later", environment: false });
  await store.artifacts.put("later", "deep/new", "usable");
  await store.gc({ grace: 0 });
  const { damaged, leftovers } = await store.verify().summary();
  assert.deepEqual({ damaged, leftovers }, { damaged: 0, leftovers: 0 });
}
