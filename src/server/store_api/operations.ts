/** Operations on the server's store for clients. */
import type { StoreContext } from "../../context/compose.ts";
import type { ArtifactPosition, IndexEntry } from "../../metadata/artifact_index.ts";
import type { MetricBatch } from "../../metadata/metric.ts";
import { type Access, OPERATIONS, type Rooms } from "../../remote/protocol/operations.ts";
import { PROTOCOL, type ServerInfo } from "../../remote/protocol/version.ts";
import type { Store } from "../../store/store.ts";

/** Number of records per page. */
const PAGE = 1000;

/** One call. */
export interface StoreCall {
  /** Checked arguments. */
  readonly args: readonly unknown[];
  /** Name of the caller, if callers sign in. */
  readonly user: string | null;
  /** Whether it may have been performed before the server was restarted. */
  readonly isRepeated: boolean;
}

/** An operation. */
export interface Handler {
  /** Its name. */
  readonly name: string;
  /** Whether it reads or writes. */
  readonly access: Access;
  /** Performs the operation. */
  readonly handle: (call: StoreCall) => unknown;
}

/** Context of operations. */
export interface Service {
  /** The store. */
  readonly store: Store;
  /** Parts of the store; throws once it is closed. */
  readonly context: () => StoreContext;
  /** Whether writes are rejected. */
  readonly readOnly: boolean;
  /** Id of the running server process. */
  readonly instance: string;
  /** Version of chachaml. */
  readonly version: string;
}

/** All operations of a store. */
export function handlersOf(service: Service): Handler[] {
  const special = specialHandlers(service);
  const names = new Set(special.map(({ name }) => name));
  return [...special, ...plainHandlers(service).filter(({ name }) => !names.has(name))];
}

/** Operations of the metadata store. */
function plainHandlers({ context }: Service): Handler[] {
  return (Object.keys(OPERATIONS) as (keyof Rooms)[]).flatMap((room) =>
    Object.entries(OPERATIONS[room]).map(([name, access]) => ({
      name: `${room}.${name}`,
      access,
      handle: ({ args }: StoreCall) => {
        const { metadata } = context();
        const target = room === "store" ? metadata : metadata[room];
        const method = target[name as keyof typeof target] as (...args: unknown[]) => unknown;
        return method.apply(target, [...args]);
      },
    }))
  );
}

/** Operations that differ on a server. */
function specialHandlers({ context, readOnly, instance, version }: Service): Handler[] {
  return [
    {
      name: "hello",
      access: "read",
      handle: (): ServerInfo => {
        const { now, readOnly: isReadOnly } = context();
        const refuses = readOnly || isReadOnly;
        return { protocol: PROTOCOL, instance, version, readOnly: refuses, now: now() };
      },
    },
    {
      name: "artifacts.page",
      access: "read",
      handle: async ({ args: [runId, after] }) => {
        const { artifacts } = context().metadata;
        const entries: IndexEntry[] = [];
        const all = artifacts.each(runId as string | undefined, after as ArtifactPosition);
        for await (const entry of all) {
          entries.push(entry);
          if (entries.length === PAGE) break;
        }
        return entries;
      },
    },
    {
      name: "runs.logMetrics",
      access: "write",
      handle: async ({ args: [batch], isRepeated }) => {
        const { metadata } = context();
        const metrics = batch as MetricBatch;
        if (!isRepeated) return await metadata.runs.logMetrics(metrics);
        await metadata.runs.get(metrics.runId);
        // Skips points that are already stored.
        const mlflow = await metadata.mlflow();
        await mlflow.runs.log(metrics.runId, { metrics, params: [], tags: [] });
      },
    },
    {
      name: "runs.remove",
      access: "write",
      handle: async ({ args: [id, force] }) => {
        const { metadata, artifacts } = context();
        await artifacts.removeRun(metadata.runs, id as string, force as boolean);
        return [];
      },
    },
  ];
}
