/** Calls the server as MLflow clients do. */
import type { Store } from "../../mod.ts";
import { withStore } from "./helpers.ts";
import { requestOf, type Sent } from "./serving.ts";
import { createHandler, type HandlerOptions } from "../../src/server/mod.ts";

/** Where the calls of the protocol are. */
export const API = "/api/2.0/mlflow/";
/** Where the artifacts are. */
export const PROXY = "/api/2.0/mlflow-artifacts/artifacts/";

/** Sends a request. */
export type Send = (path: string, sent?: Sent) => Promise<Response>;

/** Gives a test a store in memory, and a way to send requests to it. */
export async function withServer(
  work: (send: Send, store: Store) => Promise<void>,
  options: HandlerOptions = {},
): Promise<void> {
  await withStore(async (store) => {
    const handler = createHandler(store, options);
    await work((path, sent) => handler(requestOf(path, sent)), store);
  });
}

/** The status of an answer whose body does not matter. */
export async function status(answer: Promise<Response>): Promise<number> {
  const { status, body } = await answer;
  await body?.cancel();
  return status;
}

/** Starts a run; gives its id. */
export async function startRun(send: Send): Promise<string> {
  const answer = await send(`${API}runs/create`, { json: { experiment_id: "0", start_time: 1 } });
  return (await answer.json()).run.info.run_id;
}

/** Posts JSON to a call of the protocol; gives the status and the JSON of the answer. */
export async function call(
  send: Send,
  path: string,
  json: unknown,
  method = "POST",
  // deno-lint-ignore no-explicit-any
): Promise<{ status: number; body: any }> {
  const answer = await send(API + path, { json, method });
  return { status: answer.status, body: await answer.json() };
}
