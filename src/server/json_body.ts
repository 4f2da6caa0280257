/** JSON bodies of requests. */
import { SlowBodyError } from "./http/limits.ts";
import { invalid, MlflowError } from "./mlflow/mlflow_error.ts";
import { parseProtoJson } from "./mlflow/proto_json.ts";

/** Maximum size of a body, in bytes: the profile of a dataset alone may have 16 MiB. */
const MOST_BYTES = 48 * 1024 * 1024;

/** Bytes of all bodies that are read at a time: each is held whole until it is parsed. */
const MOST_AT_A_TIME = 4 * MOST_BYTES;

/** Bytes of bodies that are being read. */
let underWay = 0;

/** Timeout for receiving a body, in milliseconds. */
const PATIENCE = 60_000;

/**
 * Reads the JSON body of a request.
 *
 * @param request The request.
 * @param anyType Whether to accept any declared content type.
 * @throws {MlflowError} If it is not declared as JSON (forms of other sites can send any other type
 * without permission), too long, too slow, or not JSON.
 */
export async function readJson(request: Request, anyType = false): Promise<unknown> {
  const header = anyType ? "application/json" : request.headers.get("content-type");
  const type = header === null ? undefined : header.split(";")[0]!.trim().toLowerCase();
  if (type !== undefined && type !== "application/json") {
    throw invalid(`Send JSON, with Content-Type: application/json, not ${JSON.stringify(type)}`);
  }
  if (Number(request.headers.get("content-length") ?? 0) > MOST_BYTES) throw tooLong();
  const text = await readText(request);
  if (text === "") return {};
  if (type === undefined) throw invalid("Send JSON, with Content-Type: application/json");
  return parseProtoJson(text);
}

function tooLong(): Error {
  return invalid(`The request body has more than ${MOST_BYTES} bytes`);
}

/** Reads a body of text that is held whole. Throws what {@linkcode readJson} throws. */
export async function readText(request: Request): Promise<string> {
  if (!request.body) return "";
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const reader = request.body.getReader();
  let isSlow = false;
  const timer = setTimeout(() => {
    isSlow = true;
    void reader.cancel("too slow").catch(() => {});
  }, PATIENCE);
  let [text, size] = ["", 0];
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (isSlow) throw new SlowBodyError("The request body comes too slowly");
      if (done) return text + decoder.decode();
      size += value.length;
      underWay += value.length;
      if (size > MOST_BYTES) throw tooLong();
      if (underWay > MOST_AT_A_TIME) {
        throw new MlflowError(
          "TEMPORARILY_UNAVAILABLE",
          "The server is reading many large requests; try again",
        );
      }
      text += decoder.decode(value, { stream: true });
    }
  } catch (error) {
    await reader.cancel(error).catch(() => {});
    throw error instanceof TypeError && error.message.includes("encoded data")
      ? invalid("The request body is not UTF-8 text")
      : error;
  } finally {
    underWay -= size;
    clearTimeout(timer);
  }
}
