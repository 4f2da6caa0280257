/** Uploads and downloads of bytes. */
import type { Context, Hono } from "npm:hono@~4.13.0";
import type { OpenArtifact } from "../../artifacts/artifact_reader.ts";
import { decode, encode } from "../../remote/protocol/codec.ts";
import { RECORD_HEADER } from "../../remote/protocol/version.ts";
import type { Lifecycle } from "../../store/lifecycle.ts";
import { bad } from "../api/api_error.ts";
import type { GuardEnv } from "../guard.ts";
import { count, flag, hash, object, optional, type Shape, text } from "./shapes.ts";
import type { UploadDescription, Uploads } from "./uploads.ts";

/** Size of a chunk of a response, in bytes. */
const CHUNK = 256 * 1024;

const permissions: Shape = (value, where) => {
  count(value, where);
  if ((value as number) > 0o777) throw bad(`${where} takes permission bits`);
};

/** Shape of an upload's description. */
export const UPLOAD_DESCRIPTION = {
  name: optional(text),
  runId: optional(text),
  replaces: optional(flag),
  size: optional(count),
  mode: optional(permissions),
};

/** Adds the endpoints whose bodies are bytes. */
export function addTransfers(
  app: Hono<GuardEnv>,
  { lifecycle, uploads, answer }: {
    readonly lifecycle: Lifecycle;
    readonly uploads: Uploads;
    readonly answer: (text: string) => Response;
  },
): void {
  app.post("/api/store/write/uploads/:id/whole", async (c) => {
    const { hash: expected, ...about } = aboutOf(c, { ...UPLOAD_DESCRIPTION, hash }) as
      & UploadDescription
      & { hash: string };
    const id = c.req.param("id");
    lifecycle.requireWritable();
    // A repeated request starts from the beginning.
    await uploads.discard(id);
    uploads.begin(id, about);
    const { offset } = await uploads.receive(id, 0, c.req.raw.body);
    return answer(encode(await uploads.finish(id, offset, expected)));
  });
  app.post("/api/store/write/uploads/:id", async (c) => {
    const { offset } = aboutOf(c, { offset: count }) as { offset: number };
    lifecycle.requireWritable();
    return answer(encode(await uploads.receive(c.req.param("id"), offset, c.req.raw.body)));
  });
  app.get("/api/store/read/bytes", async (c) => {
    const id = c.req.query("id") ?? "";
    const opened = await lifecycle.require().artifacts.open(id);
    return bytesResponse(opened, c.req.query("start"), c.req.query("end"));
  });
}

function aboutOf(c: Context<GuardEnv>, members: Readonly<Record<string, Shape>>): unknown {
  let about: unknown;
  try {
    about = decode(c.req.query("about") ?? "");
  } catch {
    throw bad("The parameter about is not of the protocol");
  }
  object(members)(about, "about");
  return about;
}

/** Returns the bytes of an artifact from `start`, with its record in a header. */
async function bytesResponse(
  { record, bytes }: OpenArtifact,
  from: string | undefined,
  to: string | undefined,
): Promise<Response> {
  const end = Math.min(numberOf(to) ?? bytes.size, bytes.size);
  let position = Math.min(numberOf(from) ?? 0, end);
  if (position > 0) await bytes.seek(position);
  const description = new TextEncoder().encode(encode({ record, mode: bytes.mode }));
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      try {
        const chunk = new Uint8Array(Math.min(CHUNK, end - position));
        const count = chunk.length === 0 ? 0 : await bytes.read(chunk);
        position += count;
        if (count > 0) controller.enqueue(chunk.subarray(0, count));
        if (count > 0 && position < end) return;
        bytes.close();
        controller.close();
      } catch (error) {
        bytes.close();
        throw error;
      }
    },
    cancel: () => bytes.close(),
  }, { highWaterMark: 0 });
  return new Response(body, {
    headers: {
      "content-type": "application/octet-stream",
      "content-length": String(end - position),
      "x-content-type-options": "nosniff",
      "content-security-policy": "sandbox; default-src 'none'",
      [RECORD_HEADER]: description.toBase64(),
    },
  });
}

function numberOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= 0) return number;
  throw bad("A range takes whole numbers, 0 or more");
}
