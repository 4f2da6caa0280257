import { ArtifactNotFoundError } from "../../base/errors.ts";
import type { ModelVersion } from "../../metadata/model.ts";
import type { Store } from "../../store/store.ts";
import { formatTime } from "../../text/format.ts";
import { printTable } from "../table.ts";
import { type CommandSpec, UsageError } from "../command.ts";

export const models: CommandSpec = {
  args: "[model]",
  options: [
    { name: "describe", value: "text", summary: "Set its description; empty text removes it" },
  ],
  examples: [
    ["Which version is in production", "chachaml models iris-classifier"],
    ["Describe a model", "chachaml models iris --describe 'Species from four lengths'"],
  ],
  paged: true,
  run: async ({ args: [name], options, json, io, open, say }) => {
    const description = options.get("describe");
    if (description !== undefined) {
      if (name === undefined) {
        throw new UsageError("--describe needs a model: models MODEL --describe TEXT");
      }
      const store = await open("write");
      const model = await store.models.describe(name, description === "" ? null : description);
      if (json) return await json(model);
      return await say(`described model ${model.name}\n`);
    }
    const store = await open("read");
    if (name === undefined) {
      const all = await store.models.list();
      if (json) return await json(all);
      const rows = all.map((model) => [
        model.name,
        String(model.versions),
        model.production === null ? "" : String(model.production),
        model.description ?? "",
      ]);
      const head = ["MODEL", "VERSIONS", "PRODUCTION", "DESCRIPTION"];
      return await printTable(io, head, rows, ["VERSIONS", "PRODUCTION"]);
    }
    await store.models.get(name);
    const versions = await store.models.versions(name);
    if (json) return await json(versions);
    const names = await Promise.all(versions.map((version) => nameOf(store, version)));
    const rows = versions.map((version, at) => [
      String(version.version),
      version.stage,
      version.runId,
      names[at]!,
      formatTime(version.createdAt),
      version.description ?? "",
    ]);
    const head = ["VERSION", "STAGE", "RUN", "ARTIFACT", "REGISTERED", "DESCRIPTION"];
    await printTable(io, head, rows, ["VERSION"]);
  },
};

/** Returns the name of a version's artifact, which another program may have removed. */
async function nameOf(store: Store, { artifactId }: ModelVersion): Promise<string> {
  try {
    return (await store.artifacts.get(artifactId)).name;
  } catch (error) {
    if (error instanceof ArtifactNotFoundError) return "?";
    throw error;
  }
}
