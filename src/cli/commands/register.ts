import { MODEL_STAGES, type ModelStage } from "../../metadata/model.ts";
import type { CommandSpec } from "../command.ts";

export const register: CommandSpec = {
  args: "<model> <run> <artifact>",
  options: [
    {
      name: "stage",
      value: "stage",
      choices: MODEL_STAGES,
      summary: "Initial stage (default: none)",
    },
    { name: "description", value: "text", summary: "Description of the version" },
  ],
  examples: [["Register a candidate", "chachaml register iris @last model.onnx --stage staging"]],
  run: async ({ args: [model, ref, artifact], options, json, io, open, runId }) => {
    const [stage, description] = ["stage", "description"].map(options.get);
    const store = await open("write");
    const version = await store.models.register(model!, {
      runId: await runId(store, ref!),
      artifact: artifact!,
      ...(stage !== undefined && { stage: stage as ModelStage }),
      ...(description !== undefined && { description }),
    });
    if (json) await json(version);
    else await io.stdout(`${version.version}\n`);
  },
};
