/** Where an archive comes from: what goes wrong there is told from what is wrong with the archive. */
import { ArchiveError, ChachamlError } from "../base/errors.ts";

/** First bytes of compressed files, and what prints their content. */
const COMPRESSED: readonly [kind: string, program: string, magic: readonly number[]][] = [
  ["gzip", "zcat", [0x1f, 0x8b]],
  ["zstd", "zstdcat", [0x28, 0xb5, 0x2f, 0xfd]],
];

/**
 * The bytes of an archive. A source that fails, or gives a compressed file, ends in an
 * {@linkcode ArchiveError}.
 */
export function archiveSource(archive: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  const reader = attempt(() => archive.getReader());
  const start: number[] = [];
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await reader.read().catch(fail);
      if (done) return controller.close();
      if (start.length < 4 && value instanceof Uint8Array) {
        start.push(...value.subarray(0, 4 - start.length));
        const refusal = compressed(start);
        if (refusal) {
          await reader.cancel(refusal).catch(() => {});
          throw refusal;
        }
      }
      controller.enqueue(value);
    },
    cancel: (reason) => reader.cancel(reason),
  }, { highWaterMark: 0 });
}

function attempt<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    return fail(error);
  }
}

function fail(error: unknown): never {
  if (error instanceof ChachamlError) throw error;
  throw new ArchiveError(`it cannot be read: ${(error as Error).message}`, { cause: error });
}

/** What is said of bytes that begin as those of a compressed file do. */
function compressed(start: readonly number[]): ArchiveError | undefined {
  const found = COMPRESSED.find(([, , magic]) => magic.every((byte, at) => start[at] === byte));
  if (!found) return undefined;
  const [kind, program] = found;
  return new ArchiveError(
    `it is compressed, by ${kind}; unpack it on its way: ${program} FILE | chachaml import -`,
  );
}
