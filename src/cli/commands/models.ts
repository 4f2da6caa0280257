import { formatTime } from "../../text/format.ts";
import { printTable } from "../table.ts";
import type { CommandSpec } from "../command.ts";

export const models: CommandSpec = {
  args: "[model]",
  options: [],
  examples: [["Which version is in production", "chachaml models iris-classifier"]],
  run: async ({ args: [name], json, io, open }) => {
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
    const artifacts = new Map(
      (await store.artifacts.find({})).map((artifact) => [artifact.id, artifact]),
    );
    const rows = versions.map((version) => [
      String(version.version),
      version.stage,
      version.runId,
      artifacts.get(version.artifactId)?.name ?? "?",
      formatTime(version.createdAt),
      version.description ?? "",
    ]);
    const head = ["VERSION", "STAGE", "RUN", "ARTIFACT", "REGISTERED", "DESCRIPTION"];
    await printTable(io, head, rows, ["VERSION"]);
  },
};
