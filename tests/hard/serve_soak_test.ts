/**
 * Mixed requests for long: the memory of the server stays flat, and no descriptor leaks. CHACHAML_SOAK is
 * the number of requests; 200,000 take about as many as a busy hour has.
 */
import assert from "node:assert/strict";
import { HttpClient } from "../../bench/http_client.ts";
import { type Server, startServer } from "../../bench/server_process.ts";

const REQUESTS = Number(Deno.env.get("CHACHAML_SOAK") ?? 4000);
const CONNECTIONS = 8;

/** MiB by which memory may differ from what it was after a fifth of the requests. */
const SLACK = 48;

/** MiB that the server may take, whatever is sent. */
const MOST = 120;

const API = "/api/2.0/mlflow/";

/** One connection with a run of its own, which is purged now and then: the store stays small. */
class Caller {
  readonly #server: Server;
  readonly #client: HttpClient;
  #run = "";

  constructor(server: Server, client: HttpClient) {
    this.#server = server;
    this.#client = client;
  }

  /** Makes request number `at`. */
  async call(at: number): Promise<void> {
    if (this.#run === "" || at % 50 === 0) await this.#renew();
    const run_id = this.#run;
    const point = (key: string, step: number) => ({ key, value: step / 7, timestamp: step, step });
    const place = `${this.#server.artifacts(run_id)}dir/${at % 3}`;
    switch (at % 12) {
      case 0:
        return await this.#post("runs/log-metric", { run_id, ...point("m", at) });
      case 1: {
        const metrics = Array.from({ length: 100 }, (_, nth) => point("b", at * 100 + nth));
        return await this.#post("runs/log-batch", { run_id, metrics });
      }
      case 2:
        return await this.#post("runs/set-tag", { run_id, key: "t", value: `${at}` });
      case 3: {
        const order_by = ["metrics.m DESC"];
        return await this.#post("runs/search", {
          experiment_ids: ["0"],
          max_results: 20,
          order_by,
        });
      }
      case 4:
        return void await this.#client.text("GET", `${API}runs/get?run_id=${run_id}`);
      case 5: {
        const query = `run_id=${run_id}&metric_key=b`;
        return void await this.#client.text("GET", `${API}metrics/get-history?${query}`);
      }
      case 6:
        return void await this.#client.text("PUT", place, "x".repeat(1 + at % 200_000));
      case 7: {
        await this.#client.text("PUT", place, "again");
        return await this.#client.download(place);
      }
      case 8:
        return await this.#refused("POST", `${API}runs/log-metric`, "{");
      case 9:
        return await this.#refused("GET", `${API}runs/get?run_id=none`);
      case 10:
        return await this.#cutUpload(place);
      default:
        return void await this.#client.text("GET", "/api/runs?limit=10");
    }
  }

  async #renew(): Promise<void> {
    if (this.#run !== "") {
      await this.#post("runs/delete", { run_id: this.#run });
      await this.#post("runs/purge", { run_id: this.#run });
    }
    const sent = JSON.stringify({ experiment_id: "0", start_time: 1 });
    const text = await this.#client.text("POST", `${API}runs/create`, sent);
    this.#run = JSON.parse(text).run.info.run_id;
  }

  async #post(path: string, json: object): Promise<void> {
    await this.#client.text("POST", API + path, JSON.stringify(json));
  }

  async #refused(method: string, path: string, body?: string): Promise<void> {
    await assert.rejects(this.#client.text(method, path, body), /HTTP\/1\.1 4\d\d/);
  }

  /** An upload whose client goes away. */
  async #cutUpload(place: string): Promise<void> {
    using connection = await Deno.connect({ hostname: "127.0.0.1", port: this.#server.port });
    const head = `PUT ${place}-cut HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9999999\r\n\r\n`;
    await connection.write(new TextEncoder().encode(head));
    await connection.write(new Uint8Array(10_000));
  }
}

Deno.test({
  name: "large uploads and downloads, several at once, need no more memory than small ones",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const server = await startServer("chachaml");
    const clients = await Promise.all(
      Array.from({ length: 4 }, () => HttpClient.connect(server.port)),
    );
    let highest = 0;
    const watch = setInterval(() => highest = Math.max(highest, server.memory()), 50);
    try {
      const sent = JSON.stringify({ experiment_id: "0", start_time: 1 });
      const text = await clients[0]!.text("POST", `${API}runs/create`, sent);
      const place = server.artifacts(JSON.parse(text).run.info.run_id);
      const chunk = new Uint8Array(1024 * 1024).map((_, at) => at % 251);
      await clients[0]!.upload(`${place}big`, chunk, 256);
      await Promise.all(clients.map((client, nth) => client.upload(`${place}${nth}`, chunk, 64)));
      await Promise.all(clients.map((client) => client.download(`${place}big`)));
      console.log(`at most ${highest.toFixed(0)} MiB`);
      assert.ok(highest > 0 && highest < MOST, `${highest} MiB`);
    } finally {
      clearInterval(watch);
      for (const client of clients) client.close();
      await server.stop();
    }
  },
});

Deno.test({
  name:
    `${REQUESTS} mixed requests leave the memory and the descriptors of the server as they were`,
  ignore: Deno.build.os !== "linux",
  async fn() {
    const server = await startServer("chachaml");
    const clients = await Promise.all(
      Array.from({ length: CONNECTIONS }, () => HttpClient.connect(server.port)),
    );
    try {
      const callers = clients.map((client) => new Caller(server, client));
      let at = 0;
      const upTo = async (count: number) => {
        await Promise.all(callers.map(async (caller) => {
          while (at < count) await caller.call(at++);
        }));
      };
      await upTo(REQUESTS / 5);
      const [memory, descriptors] = [server.memory(), server.descriptors()];
      await upTo(REQUESTS);
      // Connections that were cut are noticed in a moment.
      for (let tries = 0; server.descriptors() > descriptors && tries < 50; tries++) {
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      const after = { memory: server.memory(), descriptors: server.descriptors() };
      console.log(`${memory.toFixed(0)} MiB, then ${after.memory.toFixed(0)} MiB`);
      assert.ok(after.descriptors <= descriptors, `${descriptors}, then ${after.descriptors}`);
      assert.ok(after.memory < memory + SLACK, `${memory} MiB, then ${after.memory} MiB`);
      assert.ok(after.memory < MOST, `${after.memory} MiB`);
    } finally {
      for (const client of clients) client.close();
      await server.stop();
    }
  },
});
