/** Endpoints for `openStore` with the URL of a server. */
import type { Context, Hono } from "npm:hono@~4.13.0";
import config from "../../../deno.json" with { type: "json" };
import { ChachamlError } from "../../base/errors.ts";
import { NotRemoteError, ProtocolError, ResponseLostError } from "../../base/server_errors.ts";
import { decode, encode } from "../../remote/protocol/codec.ts";
import {
  AGAIN_HEADER,
  PROTOCOL,
  PROTOCOL_HEADER,
  REQUEST_HEADER,
} from "../../remote/protocol/version.ts";
import { lifecycleOf } from "../../store/internals.ts";
import type { VerifyOptions } from "../../maintenance/verify_options.ts";
import type { Store } from "../../store/store.ts";
import { absent, apiErrorOf, bad } from "../api/api_error.ts";
import type { GuardEnv } from "../guard.ts";
import { checkArguments } from "./checks.ts";
import { Written } from "./written.ts";
import { handlersOf, type StoreCall } from "./operations.ts";
import { artifactHandlers } from "./artifacts.ts";
import { logHandlers, Logs } from "./logs.ts";
import { importHandlers } from "./imports.ts";
import { verificationBody } from "./verification.ts";
import { addTransfers } from "./transfers.ts";
import { Uploads } from "./uploads.ts";
import { readText } from "./body.ts";

/** Pattern of write ids. */
const ID = /^[\w-]{16,64}$/;

/** Adds the endpoints. */
export function addStoreApi(
  app: Hono<GuardEnv>,
  { store, readOnly }: { readonly store: Store; readonly readOnly: boolean },
): void {
  const lifecycle = lifecycleOf(store);
  const instance = crypto.randomUUID();
  const context = () => lifecycle.require();
  const uploads = new Uploads(() => context().bytes, lifecycle.signal);
  const handlers = [
    ...handlersOf({ store, context, readOnly, instance, version: config.version }),
    ...artifactHandlers(context, uploads),
    ...importHandlers(lifecycle, uploads),
    ...logHandlers(new Logs(context, lifecycle.signal), uploads),
  ];
  const written = new Written(() => context().metadata.requests());
  app.use("/api/store/:access/*", async (c, next) => {
    await next();
    if (c.error) c.res = failure(c.error);
  });
  app.use("/api/store/:access/*", async (c, next) => {
    requireProtocol(c);
    await next();
  });
  addTransfers(app, { lifecycle, uploads, answer });
  app.post("/api/store/read/verify", async (c) => {
    const args = decodeArguments(await readText(c.req.raw));
    checkArguments("verify", args);
    const body = verificationBody(store, args[0] as VerifyOptions);
    return new Response(body, { headers: headersOf() });
  });
  app.post("/api/store/:access/:operation", async (c) => {
    const { access, operation } = c.req.param();
    const handler = handlers.find((each) => each.name === operation && each.access === access);
    if (!handler) throw absent(`There is no operation ${access}/${operation.slice(0, 100)}`);
    const args = decodeArguments(await readText(c.req.raw));
    checkArguments(operation, args);
    const again = c.req.header(AGAIN_HEADER);
    const isRepeated = again !== undefined && again !== instance;
    const call: StoreCall = { args, user: c.get("caller")?.name ?? null, isRepeated };
    const work = async () => encode(await handler.handle(call));
    if (access === "read") return answer(await lifecycle.read(work));
    const id = idOf(c);
    const write = () => lifecycle.write(work);
    return answer(await written.once({ id, operation, isRepeated, work: write }));
  });
}

function decodeArguments(text: string): unknown {
  try {
    return decode(text);
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RangeError) throw bad(error.message);
    throw error;
  }
}

function requireProtocol(c: Context<GuardEnv>): void {
  const version = c.req.header(PROTOCOL_HEADER);
  if (version === String(PROTOCOL)) return;
  const { origin } = new URL(c.req.url);
  throw new ProtocolError(
    origin,
    version === undefined
      ? "these endpoints are for openStore(); others use the HTTP API (docs/http.md)"
      : `its server speaks protocol ${PROTOCOL}, and the caller ${
        JSON.stringify(version.slice(0, 20))
      }; update the older of the two`,
  );
}

function idOf(c: Context<GuardEnv>): string {
  const id = c.req.header(REQUEST_HEADER) ?? "";
  if (ID.test(id)) return `${c.get("caller")?.name ?? ""}/${id}`;
  throw bad(`The header ${REQUEST_HEADER} takes the id of a write: a UUID`);
}

function answer(text: string): Response {
  return new Response(text, { headers: headersOf() });
}

/** Converts an error to a response from which the client recreates it. */
function failure(error: unknown): Response {
  const { status, message } = apiErrorOf(error);
  const sent = error instanceof ChachamlError ? error : new ProtocolError("the server", message);
  const isAsked = [ProtocolError, NotRemoteError, ResponseLostError].some((kind) =>
    error instanceof kind
  );
  const code = isAsked ? 400 : status;
  return new Response(encode(sent), { status: code, headers: headersOf() });
}

function headersOf(): Record<string, string> {
  return {
    "content-type": "application/json",
    "x-content-type-options": "nosniff",
    [PROTOCOL_HEADER]: String(PROTOCOL),
  };
}
