/** Archives sent by clients, imported while they are received. */
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

/** Size of a chunk, in bytes. */
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
        // It may have been imported before the server was restarted.
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

/** Returns the write id of an import. */
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
  // Data may follow the end of an archive; the sender waits until it is read.
  const rest = new Uint8Array(CHUNK);
  while (await bytes.read(rest) > 0) { /* It is of no use. */ }
  return report;
}

/** Returns the bytes as a stream, which fails at its end if the hash differs. */
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
