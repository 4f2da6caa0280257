import type { ArtifactWriter, PutAllResult, StagedArtifact } from "../artifacts/artifact_writer.ts";
import type { PutOptions } from "../artifacts/put_options.ts";
import type { StagedBytes } from "../bytes/byte_store.ts";
import type { ArtifactRecord, NewArtifact } from "../metadata/artifact_index.ts";
import type { Connection } from "./connection.ts";
import { UploadLostError } from "./protocol/uploads.ts";
import type { RemoteStaged } from "./upload.ts";

/** Changes of artifacts on a server. */
export class RemoteWriter implements ArtifactWriter {
  readonly #connection: Connection;

  /** Creates an accessor of the server of `connection`. */
  constructor(connection: Connection) {
    this.#connection = connection;
  }

  async put(
    staged: StagedBytes,
    artifact: NewArtifact,
    { ifExists, contentType, portable, signal }: PutOptions,
  ): Promise<ArtifactRecord> {
    const options = { ifExists, contentType, portable };
    return await this.#withBytes(
      [staged],
      async ([key]) =>
        await this.#call("artifacts.put", [key, artifact, options], signal) as ArtifactRecord,
    );
  }

  async putAll(
    runId: string,
    artifacts: readonly StagedArtifact[],
    signal?: AbortSignal,
  ): Promise<PutAllResult> {
    const all = artifacts.map(({ staged }) => staged);
    return await this.#withBytes(all, async (keys) => {
      const put = artifacts.map(({ artifact }, at) => [keys[at], artifact]);
      return await this.#call("artifacts.putAll", [runId, put], signal) as PutAllResult;
    });
  }

  async remove(id: string, force: boolean): Promise<void> {
    await this.#call("artifacts.remove", [id, force]);
  }

  #call(operation: string, args: readonly unknown[], signal?: AbortSignal): Promise<unknown> {
    return this.#connection.call("write", operation, args, { signal });
  }

  /** Sends bytes again that the server lost in a restart, if they are still available. */
  async #withBytes<T>(
    staged: readonly StagedBytes[],
    work: (keys: readonly string[]) => Promise<T>,
  ): Promise<T> {
    try {
      const result = await work(staged.map(({ key }) => key));
      const isStored = !(typeof result === "object" && result !== null && "found" in result);
      if (isStored) { for (const each of staged) await each.release(); }
      return result;
    } catch (error) {
      const remote = staged as readonly RemoteStaged[];
      if (!(error instanceof UploadLostError) || !remote.every(({ again }) => again)) throw error;
      const keys: string[] = [];
      for (const { again } of remote) keys.push((await again!()).key);
      return await work(keys);
    }
  }
}
