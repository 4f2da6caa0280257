/** Artifacts of a run as a plain tar: without manifest, under their own names. */
import { createTarPacker, type TarPackController } from "npm:modern-tar@~0.8.6";
import type { Artifact } from "../artifacts/artifact.ts";

/**
 * Yields the bytes of a tar on demand. A damaged artifact truncates it, so that it cannot be
 * mistaken for a complete one.
 */
export async function* tarArtifacts(
  artifacts: AsyncIterable<Artifact>,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const { readable, controller } = createTarPacker();
  const writing = write(controller, artifacts).catch((error) => controller.error(error));
  try {
    yield* readable;
  } finally {
    await writing;
  }
}

async function write(
  archive: TarPackController,
  artifacts: AsyncIterable<Artifact>,
): Promise<void> {
  for await (const artifact of artifacts) {
    const { name, size, createdAt } = artifact;
    const mtime = Number.isNaN(createdAt.getTime()) ? new Date(0) : createdAt;
    const member = archive.add({ name, size, mtime, mode: 0o644, type: "file" }).getWriter();
    for await (const chunk of artifact.stream({ verify: true })) await member.write(chunk);
    await member.close();
  }
  archive.finalize();
}
