/** Opens a store that a server has as a whole. */
import { ArtifactStore } from "../artifacts/artifact_store.ts";
import type { OpenOptions } from "./open_options.ts";
import type { StoreContext } from "./store_context.ts";

/** Opens a store on a server. Throws the errors of {@linkcode openRemote}. */
export async function openServer(options: OpenOptions): Promise<StoreContext> {
  // Most stores are files.
  const { openRemote } = await import("../remote/open.ts");
  const { readOnly = false, busyTimeout = 60_000, durability = "full", token, spoolDir } = options;
  const isSynced = durability === "full";
  const how = { token, spoolDir, isSynced, readOnly, busyTimeout };
  const remote = await openRemote(String(options.path), how);
  const { address, metadata, bytes, now, reader, writer } = remote;
  const parts = { root: undefined, now, busyTimeout, reader, writer };
  const artifacts = new ArtifactStore(metadata.artifacts, bytes, parts);
  return {
    location: { database: address, artifacts: address },
    path: undefined,
    artifactDir: undefined,
    driver: undefined,
    remote: remote.care,
    readOnly: readOnly || remote.readOnly,
    busyTimeout,
    now,
    metadata,
    bytes,
    artifacts,
    close: () => metadata.close(),
  };
}
