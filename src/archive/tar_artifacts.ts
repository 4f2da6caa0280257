/** Artifacts of a run as a plain tar: no manifest, each file under its own name. */
import { createTarPacker, type TarPackController } from "npm:modern-tar@~0.8.6";
import type { Artifact } from "../artifacts/artifact.ts";

/**
 * Gives the bytes of a tar as they are asked for. A damaged artifact ends it before its end, so that
 * it cannot be taken for a whole one.
 */
export async function* tarArtifacts(
  artifacts: readonly Artifact[],
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const { readable, controller } = createTarPacker();
  const writing = write(controller, artifacts).catch((error) => controller.error(error));
  try {
    yield* readable;
  } finally {
    await writing;
  }
}

async function write(archive: TarPackController, artifacts: readonly Artifact[]): Promise<void> {
  for (const artifact of artifacts) {
    const { name, size, createdAt } = artifact;
    const mtime = Number.isNaN(createdAt.getTime()) ? new Date(0) : createdAt;
    const member = archive.add({ name, size, mtime, mode: 0o644, type: "file" }).getWriter();
    for await (const chunk of artifact.stream({ verify: true })) await member.write(chunk);
    await member.close();
  }
  archive.finalize();
}
