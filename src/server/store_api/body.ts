/** Request bodies of calls. */
import { bad } from "../api/api_error.ts";

/** Maximum size of a body, in bytes: a batch of points, or the params of a run. */
const MOST_BYTES = 64 * 1024 * 1024;

/** Time limit for receiving a body, in milliseconds. */
const PATIENCE = 60_000;

/**
 * Reads the body of a call as text.
 *
 * @throws {ApiError} If it is too long, or not UTF-8.
 */
export async function readText({ body }: Request): Promise<string> {
  if (!body) return "";
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const reader = body.getReader();
  const timer = setTimeout(() => void reader.cancel("too slow").catch(() => {}), PATIENCE);
  let [text, size] = ["", 0];
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return text + decoder.decode();
      if ((size += value.length) > MOST_BYTES) {
        throw bad(`The body of a call has ${MOST_BYTES} bytes at most`);
      }
      text += decoder.decode(value, { stream: true });
    }
  } catch (error) {
    await reader.cancel(error).catch(() => {});
    if (error instanceof TypeError && error.message.includes("encoded data")) {
      throw bad("The body is not UTF-8 text");
    }
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
