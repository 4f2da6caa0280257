/** Operations of a metadata store that a server offers to clients. */
import type { ArtifactIndex } from "../../metadata/artifact_index.ts";
import type { MetadataStore } from "../../metadata/metadata_store.ts";
import type { ModelStore } from "../../metadata/model_store.ts";
import type { ProcessStore } from "../../metadata/process_store.ts";
import type { RunStore } from "../../metadata/run_store.ts";

/** Parts of a metadata store. */
export interface Rooms {
  /** Runs with their params, tags and metrics. */
  readonly runs: RunStore;
  /** Records of artifacts. */
  readonly artifacts: ArtifactIndex;
  /** Models and their versions. */
  readonly models: ModelStore;
  /** Processes of running runs. */
  readonly processes: ProcessStore;
  /** The store as a whole. */
  readonly store: MetadataStore;
}

/** Whether an operation reads or writes. */
export type Access = "read" | "write";

/**
 * Operations whose arguments and results are plain values. Operations of artifacts only read:
 * {@linkcode ArtifactWriter} changes records together with their bytes.
 */
export const OPERATIONS = {
  runs: {
    archive: "write",
    columns: "read",
    counts: "read",
    datasets: "read",
    describeExperiment: "write",
    document: "read",
    knownOrRemoved: "read",
    experiments: "read",
    get: "read",
    insertParams: "write",
    known: "read",
    list: "read",
    logDataset: "write",
    logMetrics: "write",
    metrics: "read",
    names: "read",
    params: "read",
    paramTexts: "read",
    remove: "write",
    replaceParams: "write",
    setTags: "write",
    start: "write",
    summary: "read",
    unarchive: "write",
    update: "write",
  },
  artifacts: {
    checkName: "read",
    checkNames: "read",
    byId: "read",
    byName: "read",
    list: "read",
    namedByScan: "read",
    requireRun: "read",
    totals: "read",
    children: "read",
    unnamed: "read",
  },
  models: {
    addVersion: "write",
    dangling: "read",
    describe: "write",
    find: "read",
    get: "read",
    list: "read",
    remove: "write",
    setStages: "write",
    stateOf: "read",
    versions: "read",
  },
  processes: { attach: "write", heartbeat: "write", running: "read" },
  store: {
    check: "read",
    identity: "read",
    lastVerification: "read",
    noteVerification: "write",
    size: "read",
  },
} as const satisfies {
  readonly [Room in keyof Rooms]: { readonly [Name in keyof Rooms[Room]]?: Access };
};

/** Writes that can arrive twice without harm. The server stores the ids of all others. */
export const REPEATABLE: readonly string[] = [
  "imports.begin",
  "imports.finish", // the import has an id of its own
  "logs.append", // at an offset
  "logs.close",
  "logs.create",
  "logs.finish",
  "logs.remove",
  "logs.stage",
  "processes.attach",
  "processes.heartbeat",
  "runs.logMetrics", // leaves out points that are there
  "store.noteVerification",
  "uploads.begin",
  "uploads.discard",
  "uploads.finish",
];

/** Names of the operations of a part. */
export type OperationOf<Room extends keyof Rooms> =
  & keyof (typeof OPERATIONS)[Room]
  & keyof Rooms[Room];

/** Operations of a part. */
export type Operations<Room extends keyof Rooms> = Pick<Rooms[Room], OperationOf<Room>>;

/** Names of all operations, such as `"runs.get"`. */
export type OperationName = {
  [Room in keyof Rooms]: `${Room}.${OperationOf<Room> & string}`;
}[keyof Rooms];

/** Returns the kind of access of an operation; `undefined` if there is none of this name. */
export function accessOf(room: string, name: string): Access | undefined {
  const operations: Readonly<Record<string, Access>> | undefined = Object.hasOwn(OPERATIONS, room)
    ? OPERATIONS[room as keyof Rooms]
    : undefined;
  return operations && Object.hasOwn(operations, name) ? operations[name] : undefined;
}
