/** The HTTP API against what schemathesis makes of its OpenAPI document: thousands of odd requests. */
import assert from "node:assert/strict";
import { openStore } from "../../mod.ts";
import { serving } from "../support/serving.ts";
import { inTempDir } from "../support/helpers.ts";

const PROGRAM = Deno.env.get("CHACHAML_SCHEMATHESIS");

/** Rules that a JSON Schema cannot say are no failures: which names are allowed, which runs are there. */
const CHECKS = [
  "not_a_server_error",
  "status_code_conformance",
  "content_type_conformance",
  "response_schema_conformance",
  "negative_data_rejection",
];

Deno.test({
  name: "no request that the document allows or forbids is answered otherwise than it says" +
    (PROGRAM ? "" : " (skipped: CHACHAML_SCHEMATHESIS names no program)"),
  ignore: PROGRAM === undefined,
  fn: () =>
    inTempDir(async (cwd) => {
      await using store = await openStore({ inMemory: true });
      const run = await store.startRun({ id: "r", experiment: "iris" });
      await run.logParams({ lr: 0.1 });
      await run.logMetrics({ loss: 1 });
      await run.put("w", "w");
      await run.registerModel("net", { artifact: "w" });
      await using server = await serving(store);
      const { success, stdout } = await new Deno.Command(PROGRAM!, {
        args: [
          "run",
          `${server.url}/api/openapi.json`,
          `--checks=${CHECKS}`,
          "--max-examples=20",
          "--seed=1",
          "--phases=coverage,fuzzing",
          // One never ends, the other is never answered well.
          "--exclude-path=/api/events",
          "--exclude-path=/api/chat",
          "--no-color",
        ],
        cwd,
      }).output();
      assert.ok(success, new TextDecoder().decode(stdout));
    }),
});
