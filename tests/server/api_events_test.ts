/** Changes of a store as server-sent events. */
import assert from "node:assert/strict";
import { withStore } from "../support/helpers.ts";
import { serving } from "../support/serving.ts";
import { withApi } from "../support/api_helpers.ts";

interface Event {
  readonly id: string;
  readonly event: string;
  readonly data: Record<string, unknown>;
}

/** The events of an answer. Comments are passed over. */
async function* eventsOf(answer: Response): AsyncGenerator<Event> {
  assert.equal(answer.headers.get("content-type"), "text/event-stream");
  let text = "";
  for await (const chunk of answer.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
      const lines = text.slice(0, end).split("\n").map((line) => /^(\w+): (.*)$/.exec(line));
      text = text.slice(end + 2);
      const fields = Object.fromEntries(lines.filter((line) => line).map((line) => line!.slice(1)));
      if (fields.data) yield { ...fields, data: JSON.parse(fields.data) } as Event;
    }
  }
}

Deno.test("changes come as events, and go on behind the last one that was seen", () =>
  withApi(async ({ send, problem, store }) => {
    const run = await store.startRun({ id: "r", experiment: "iris", name: "r1" });
    await store.metrics.log("r", { loss: NaN }, { step: 2 });
    const other = await store.startRun({ experiment: "digits" });
    const path = "/api/events?experiment=iris";
    const seen: Event[] = [];
    for await (const event of eventsOf(await send(`${path}&after=0-0-0`))) {
      seen.push(event);
      if (event.event === "metrics") await run.end();
      if (event.data.status === "completed") break;
    }
    assert.deepEqual(seen.map(({ event, data }) => ({ event, data: { ...data, "end-time": 0 } })), [
      {
        event: "run",
        data: { "run-id": "r", experiment: "iris", name: "r1", status: "running", "end-time": 0 },
      },
      {
        event: "metrics",
        data: {
          "run-id": "r",
          experiment: "iris",
          name: "r1",
          status: "running",
          metrics: { loss: { value: "NaN", step: 2 } },
          "end-time": 0,
        },
      },
      {
        event: "run",
        data: { "run-id": "r", experiment: "iris", name: "r1", status: "completed", "end-time": 0 },
      },
    ]);
    await other.end();
    await run.put("w", "w");
    const headers = { "last-event-id": seen.at(-1)!.id };
    for await (const event of eventsOf(await send(path, { headers }))) {
      assert.deepEqual([event.event, event.data["run-id"]], ["artifact", "r"]);
      break;
    }
    assert.equal((await problem("/api/events?after=nope")).status, 400);
  }));

Deno.test("a server that ends sends the last events and keeps nobody listening", () =>
  withStore(async (store) => {
    await using server = await serving(store);
    const answer = await fetch(`${server.url}/api/events?after=0-0-0`);
    await store.startRun();
    const kinds: string[] = [];
    for await (const { event } of eventsOf(answer)) {
      kinds.push(event);
      void server.end();
    }
    assert.deepEqual(kinds, ["run"]);
  }));
