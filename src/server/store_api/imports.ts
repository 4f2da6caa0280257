/** Archives that callers send: their runs are imported while they arrive. */
import type { ImportReport, ImportRunsOptions } from "../../archive/import.ts";
import { ArchiveError } from "../../base/errors.ts";
import { builtin } from "../../base/builtin.ts";
import type { Lifecycle } from "../../store/lifecycle.ts";
import type { Handler } from "./operations.ts";
import type { PushReader } from "./push_reader.ts";
import type { Uploads } from "./uploads.ts";

/** Bytes that are passed on at a time. */
const CHUNK = 256 * 1024;

/** The operations. */
export function importHandlers(lifecycle: Lifecycle, uploads: Uploads): Handler[] {
  return [
    {
      name: "imports.begin",
      access: "write",
      handle: ({ args: [id, about] }) => {
        const how = about as ImportRunsOptions;
        uploads.beginImport(id as string, (bytes) => importFrom(lifecycle, bytes, how));
      },
    },
    {
      name: "imports.finish",
      access: "write",
      handle: ({ args: [id, size, hash] }) =>
        uploads.finishImport(id as string, size as number, hash as string),
    },
  ];
}

async function importFrom(
  lifecycle: Lifecycle,
  bytes: PushReader,
  options: ImportRunsOptions,
): Promise<ImportReport> {
  const report = await lifecycle.write(async (context) => {
    const { importRuns } = await import("../../archive/import.ts");
    return await importRuns(context, archiveOf(bytes), options);
  });
  // An archive may have more behind its end; the sender waits until it is read.
  const rest = new Uint8Array(CHUNK);
  while (await bytes.read(rest) > 0) { /* It is of no use. */ }
  return report;
}

/** The bytes as a stream. It fails at its end if they are not those that were sent. */
function archiveOf(bytes: PushReader): ReadableStream<Uint8Array<ArrayBuffer>> {
  const hash = builtin("node:crypto").createHash("sha256");
  return new ReadableStream({
    async pull(controller) {
      const chunk = new Uint8Array(CHUNK);
      const count = await bytes.read(chunk);
      const part = chunk.subarray(0, count);
      hash.update(part);
      if (count > 0) return controller.enqueue(part);
      if (hash.digest("hex") === bytes.hash) return controller.close();
      throw new ArchiveError("other bytes have arrived at the server; send it again");
    },
  }, { highWaterMark: 0 });
}
