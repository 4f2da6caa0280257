/** Operations on artifacts: uploads become artifacts by the rules of the store. */
import { assertPutOptions, type PutOptions } from "../../artifacts/put_options.ts";
import type { Artifact } from "../../artifacts/artifact.ts";
import type { StagedBytes } from "../../bytes/byte_store.ts";
import type { StoreContext } from "../../context/store_context.ts";
import type { ArtifactRecord, NewArtifact } from "../../metadata/artifact_index.ts";
import { assertArtifactName, assertRunId } from "../../names/names.ts";
import type { Handler } from "./operations.ts";
import type { UploadDescription, Uploads } from "./uploads.ts";

/** Options of a put that clients send. */
type SentOptions = Pick<PutOptions, "ifExists" | "contentType" | "portable">;

/** The operations. */
export function artifactHandlers(context: () => StoreContext, uploads: Uploads): Handler[] {
  const write = (name: string, handle: Handler["handle"]): Handler => ({
    name,
    access: "write",
    handle,
  });
  return [
    write(
      "uploads.begin",
      ({ args: [id, about] }) => uploads.begin(id as string, about as UploadDescription),
    ),
    write("uploads.finish", ({ args: [id, size, hash] }) => {
      return uploads.finish(id as string, size as number, hash as string);
    }),
    write("uploads.discard", ({ args: [id] }) => uploads.discard(id as string)),
    {
      name: "uploads.state",
      access: "read",
      handle: ({ args: [id] }) => uploads.state(id as string),
    },
    write("artifacts.put", async ({ args: [id, artifact, options] }) => {
      const { runId, name, contentType } = artifact as NewArtifact;
      const how = options as SentOptions;
      const staged = await uploads.take(id as string, name);
      return await orDiscard([staged], async () => {
        assertRunId(runId);
        assertArtifactName(name, { portable: how.portable });
        assertPutOptions(how);
        const { size, hash } = staged;
        const own = { runId, name, contentType, size, hash };
        return recordOf(await context().artifacts.putStaged(staged, own, how));
      });
    }),
    write("artifacts.putAll", async ({ args: [runId, list] }) => {
      const sent = list as readonly (readonly [id: string, artifact: NewArtifact])[];
      const all: { staged: StagedBytes; artifact: NewArtifact }[] = [];
      for (const [id, { name, contentType }] of sent) {
        const staged = await uploads.take(id, name);
        const { size, hash } = staged;
        all.push({ staged, artifact: { runId: runId as string, name, contentType, size, hash } });
      }
      const every = all.map(({ staged }) => staged);
      return await orDiscard(every, async () => {
        assertRunId(runId);
        for (const { artifact: { name } } of all) assertArtifactName(name);
        const outcome = await context().artifacts.putAllStaged(runId as string, all);
        if ("records" in outcome) return outcome;
        all.forEach(({ staged }, at) => uploads.putBack(sent[at]![0], staged));
        return outcome;
      });
    }),
    write("artifacts.remove", async ({ args: [id, force] }) => {
      await context().artifacts.remove(id as string, undefined, force as boolean);
    }),
  ];
}

/** Discards the staged bytes if an operation fails. */
async function orDiscard<T>(staged: readonly StagedBytes[], work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    for (const each of staged) await each.discard();
    throw error;
  }
}

function recordOf(artifact: Artifact): ArtifactRecord {
  const { id, runId, name, path, contentType, size, hash, createdAt } = artifact;
  return { id, runId, name, path, contentType, size, hash, createdAt };
}
