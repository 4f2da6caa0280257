/** Runs as a table: filters, orders, pages. */
import assert from "node:assert/strict";
import type { Store } from "../../mod.ts";
import { type Api, withApi } from "../support/api_helpers.ts";

const query = (parameters: Record<string, string>) =>
  `/api/table?${new URLSearchParams(parameters)}`;

/** Runs r0 to r9; loss is missing in r3 and NaN in r4. */
async function fill(store: Store): Promise<void> {
  for (let at = 0; at < 10; at++) {
    const run = await store.startRun({
      experiment: at < 8 ? "iris" : "digits",
      name: `r${at}`,
      ...at % 2 === 0 && { tags: { owner: at < 5 ? "ana" : "bo" } },
    });
    await run.logParams({ lr: at === 5 ? "auto" : at / 10, ...at !== 6 && { seed: at } });
    if (at !== 3) await run.logMetrics({ loss: at === 4 ? NaN : 10 - at });
    if (at === 3) await run.logMetrics({ loss2: 1 });
    if (at > 1) await run.end(at === 7 ? { error: "out of memory" } : {});
  }
}

const names = ({ runs }: { runs: { name: string }[] }) => runs.map(({ name }) => name).join(" ");

/** The names of all pages of two. */
async function paged({ get }: Api, parameters: Record<string, string>): Promise<string> {
  const all: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await get(query({ ...parameters, limit: "2", ...cursor && { cursor } }));
    assert.equal(page.total, 10);
    all.push(names(page));
    cursor = page.next;
  } while (cursor);
  return all.join(" ");
}

Deno.test("every order is the same in one page and in many, with runs without the value last", () =>
  withApi(async (api) => {
    await fill(api.store);
    const orders: Record<string, [desc: string, asc: string]> = {
      "start": ["r9 r8 r7 r6 r5 r4 r3 r2 r1 r0", "r0 r1 r2 r3 r4 r5 r6 r7 r8 r9"],
      "name": ["r9 r8 r7 r6 r5 r4 r3 r2 r1 r0", "r0 r1 r2 r3 r4 r5 r6 r7 r8 r9"],
      "metrics.loss": ["r0 r1 r2 r5 r6 r7 r8 r9 r4 r3", "r9 r8 r7 r6 r5 r2 r1 r0 r4 r3"],
      "metrics.loss.min": ["r0 r1 r2 r5 r6 r7 r8 r9 r4 r3", "r9 r8 r7 r6 r5 r2 r1 r0 r4 r3"],
      "params.lr": ["r9 r8 r7 r6 r4 r3 r2 r1 r0 r5", "r0 r1 r2 r3 r4 r6 r7 r8 r9 r5"],
      "params.seed": ["r9 r8 r7 r5 r4 r3 r2 r1 r0 r6", "r0 r1 r2 r3 r4 r5 r7 r8 r9 r6"],
      "tags.owner": ["r8 r6 r4 r2 r0 r9 r7 r5 r3 r1", "r4 r2 r0 r8 r6 r9 r7 r5 r3 r1"],
      "status": ["r1 r0 r7 r9 r8 r6 r5 r4 r3 r2", "r9 r8 r6 r5 r4 r3 r2 r7 r1 r0"],
    };
    for (const [sort, [desc, asc]] of Object.entries(orders)) {
      for (const [direction, expected] of [["desc", desc], ["asc", asc]] as const) {
        assert.equal(names(await api.get(query({ sort, direction }))), expected, sort);
        assert.equal(await paged(api, { sort, direction }), expected, `${sort} in pages`);
      }
    }
    for (const [sort, [, expected]] of Object.entries(orders)) {
      const all = expected.split(" ");
      for (const offset of [0, 1, 7, 8, 9, 10, 11]) {
        const page = await api.get(
          query({ sort, direction: "asc", limit: "3", offset: `${offset}` }),
        );
        assert.equal(names(page), all.slice(offset, offset + 3).join(" "), `${sort} at ${offset}`);
        assert.equal(page.total, 10);
      }
    }
    for (const sort of ["end", "duration", "user"]) {
      const all = await paged(api, { sort });
      assert.deepEqual(new Set(all.split(" ")).size, 10, sort);
    }
    assert.match(await paged(api, { sort: "end" }), /r1 r0$/);
  }));

Deno.test("infinite values have their place in pages", () =>
  withApi(async ({ get, store }) => {
    for (const [at, loss] of [Infinity, 1, -Infinity, NaN].entries()) {
      const run = await store.startRun({ name: `r${at}` });
      await store.metrics.log(run.id, { loss });
    }
    for (const [direction, expected] of [["desc", "r0 r1 r2 r3"], ["asc", "r2 r1 r0 r3"]]) {
      const found: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await get(query({
          sort: "metrics.loss",
          direction: direction!,
          limit: "1",
          ...cursor && { cursor },
        }));
        found.push(names(page));
        cursor = page.next;
      } while (cursor);
      assert.equal(found.join(" "), expected);
    }
  }));

Deno.test("filters speak of metrics, params, tags and attributes", () =>
  withApi(async ({ get, store }) => {
    await fill(store);
    const filters: Record<string, string> = {
      "metrics.loss < 5": "r9 r8 r7 r6",
      "metrics.loss < 5 and params.lr < 0.8": "r7 r6",
      "params.lr = 0.5": "",
      "params.lr = 'auto'": "r5",
      "params.lr >= 0.8 AND status = 'completed'": "r9 r8",
      "metrics.loss != 1": "r8 r7 r6 r5 r4 r2 r1 r0",
      "tags.owner LIKE 'a%'": "r4 r2 r0",
      "tags.owner IS NULL": "r9 r7 r5 r3 r1",
      "attributes.status IN ('failed', 'running')": "r7 r1 r0",
      "name ILIKE 'R3'": "r3",
      "error LIKE '%memory'": "r7",
      "experiment = 'digits'": "r9 r8",
      "duration >= 0 and end_time > 0": "r9 r8 r7 r6 r5 r4 r3 r2",
    };
    for (const [filter, expected] of Object.entries(filters)) {
      const page = await get(query({ filter }));
      assert.equal(names(page), expected, filter);
      assert.equal(page.total, expected === "" ? 0 : expected.split(" ").length);
    }
  }));

Deno.test("a filter that breaks the grammar says where", () =>
  withApi(async ({ problem, store }) => {
    await fill(store);
    const wrong: Record<string, number> = {
      "metrics.loss < ": 15,
      "metrics.loss < 'a'": 15,
      "metrics.loss ~ 1": 13,
      "nope = 'a'": 0,
      "status = 'a' or status = 'b'": 13,
      "datasets.name = 'a'": 0,
    };
    for (const [filter, position] of Object.entries(wrong)) {
      const found = await problem(query({ filter }));
      assert.deepEqual([found.status, found.position], [400, position], filter);
    }
  }));

Deno.test("the table has one experiment, archived runs on demand, and chosen columns", () =>
  withApi(async ({ get, problem, store }) => {
    await fill(store);
    const [run] = await store.runs.list({ name: "r9" });
    await store.runs.archive(run!.id);
    assert.equal(names(await get(query({ experiment: "digits" }))), "r8");
    const both = await get(query({ experiment: "digits", archived: "true" }));
    assert.equal(names(both), "r9 r8");
    assert.equal(names(await get(query({ archived: "only" }))), "r9");
    const chosen = await get(query({ limit: "1", select: "params.lr,metrics.nope" }));
    assert.deepEqual([chosen.runs[0].params, chosen.runs[0].metrics, chosen.runs[0].tags], [
      { lr: "0.8" },
      {},
      {},
    ]);
    const [row] = (await get(query({ filter: "name = 'r8'" }))).runs;
    assert.deepEqual(row.metrics, { loss: { last: 2, min: 2, max: 2, count: 1, step: 0 } });
    assert.deepEqual([row.dead, row.status, row.tags], [false, "completed", { owner: "bo" }]);
    assert.deepEqual(await get("/api/columns?experiment=iris"), {
      params: ["lr", "seed"],
      metrics: ["loss", "loss2"],
      tags: ["owner"],
      truncated: false,
    });
    for (
      const [parameters, status] of [
        [{ experiment: "irs" }, 404],
        [{ sort: "nope" }, 400],
        [{ sort: "params." }, 400],
        [{ cursor: "abc" }, 400],
        [{ cursor: "W10" }, 400],
        [{ limit: "1001" }, 400],
      ] as const
    ) {
      assert.equal((await problem(query(parameters))).status, status, JSON.stringify(parameters));
    }
  }));
