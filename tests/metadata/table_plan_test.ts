import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { join } from "@std/path";
import { condition } from "../../src/metadata/sqlite/table/values.ts";
import { inTempDir, openIn } from "../support/helpers.ts";

Deno.test("a filter by a metric looks up one summary per run, not all of the metric", () =>
  inTempDir(async (dir) => {
    await (await openIn(dir)).close();
    const { text, values } = condition(
      { entity: "metric", key: "loss", comparison: "<", value: 0.5 },
      "chachaml_metric_summaries",
    );
    using database = new DatabaseSync(join(dir, "t.db"), { readOnly: true });
    const plan = database.prepare(
      `EXPLAIN QUERY PLAN SELECT count(*) FROM runs r WHERE r.status <> 'archived' AND ${text}`,
    ).all(...values as (string | number)[]).map(({ detail }) => String(detail));
    assert.ok(plan.some((step) => /SEARCH s .*\(run_id=\? AND key=\?\)/.test(step)), plan.join());
  }));
