/** Endpoint for the store as a whole. */
import config from "../../../deno.json" with { type: "json" };
import type { Service } from "./service.ts";
import { type Json, present } from "./json.ts";
import type { ApiCall, ApiRoute } from "./route.ts";
import { ref } from "./schema.ts";

/** Lifetime of cached counts, as a multiple of the time to count. */
const PATIENCE = 20;

/** Cached counts of a store, because counting may be slow. */
const COUNTS = new WeakMap<Service["store"], { until: number; counts: Promise<Json> }>();

async function getStore(call: ApiCall): Promise<Json> {
  const { store, request, readOnly, role, user, context } = call;
  const url = new URL(request.url);
  const host = request.headers.get("host") ?? url.host;
  const { path } = store;
  return {
    ...present({ path, user }),
    "name": storeName(store),
    "address": `${url.protocol}//${host}`,
    "version": config.version,
    "read-only": readOnly || context().readOnly,
    "role": role,
    "verified": await context().metadata.lastVerification() ?? null,
    ...await countsOf(call),
  };
}

/** Returns the name of a store: that of its database. */
export function storeName({ location: { database = "memory" } }: Service["store"]): string {
  const path = database.replace(/[?#].*$/, "");
  return path.slice(path.lastIndexOf("/") + 1) || path;
}

async function countsOf(service: Service): Promise<Json> {
  const now = performance.now();
  const known = COUNTS.get(service.store);
  if (known && now < known.until) return await known.counts;
  const counts = readCounts(service);
  const entry = { until: Infinity, counts };
  COUNTS.set(service.store, entry);
  try {
    return await counts;
  } catch (error) {
    // A failure is not kept: the next caller counts again.
    if (COUNTS.get(service.store) === entry) COUNTS.delete(service.store);
    throw error;
  } finally {
    const took = performance.now() - now;
    entry.until = took < 25 ? 0 : performance.now() + took * PATIENCE;
  }
}

async function readCounts({ store, table, context }: Service): Promise<Json> {
  const countedAt = context().now();
  const [counts, described, totals] = await Promise.all([
    table().then((table) => table.counts()),
    store.experiments.list(),
    context().metadata.artifacts.totals(),
  ]);
  const runs: Record<string, number> = {};
  const byName = new Map(described.map(({ name, description }) => [name, {
    ...present({ name, description }),
    runs: 0,
    archived: 0,
    running: 0,
  }]));
  for (const { name, byStatus } of counts) {
    const { archived = 0, running = 0 } = byStatus;
    const all = Object.values(byStatus).reduce((sum, count) => sum + count, 0);
    for (const [status, count] of Object.entries(byStatus)) {
      runs[status] = (runs[status] ?? 0) + count;
    }
    byName.set(name, { ...byName.get(name) ?? { name }, runs: all, archived, running });
  }
  const experiments = [...byName].sort(([a], [b]) => a < b ? -1 : 1).map(([, entry]) => entry);
  return { "counted-at": countedAt, experiments, runs, ...totals };
}

/** Endpoint for the store. */
export const STORE_ROUTES: readonly ApiRoute[] = [{
  method: "GET",
  path: "/api/store",
  summary: "What the store holds, and what the caller may do",
  answer: ref("Store"),
  handle: getStore,
}];
