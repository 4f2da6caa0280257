/** Archives that callers send: their runs are imported while they arrive. */
import type { ImportReport, ImportRunsOptions } from "../../archive/import.ts";
import { ArchiveError } from "../../base/errors.ts";
import { ResponseLostError } from "../../base/server_errors.ts";
import { builtin } from "../../base/builtin.ts";
import { withRequest } from "../../metadata/write_request.ts";
import { decode, encode } from "../../remote/protocol/codec.ts";
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
      handle: ({ args: [id, about], user }) => {
        const how = about as ImportRunsOptions;
        const request = requestOf(id as string, user);
        uploads.beginImport(
          id as string,
          (bytes) => withRequest(request, () => importFrom(lifecycle, bytes, how)),
        );
      },
    },
    {
      name: "imports.finish",
      access: "write",
      handle: async ({ args: [id, size, hash], user }) => {
        const requests = await lifecycle.require().metadata.requests();
        const request = requestOf(id as string, user);
        // A server that was restarted since may have imported it.
        const known = await requests.find(request);
        if (known === null) throw new ResponseLostError("imports.finish");
        if (known !== undefined) return decode(known);
        const report = await uploads.finishImport(id as string, size as number, hash as string);
        await requests.finish(request, encode(report));
        return report;
      },
    },
  ];
}

/** The id under which an import is done once. */
function requestOf(id: string, user: string | null): string {
  return `${user ?? ""}/import/${id}`;
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
