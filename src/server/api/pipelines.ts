/** Pipelines run by chachaml, and endpoints that are not supported. */
import { absent, ApiError } from "./api_error.ts";
import { type Json, present } from "./json.ts";
import type { ApiCall, ApiRoute } from "./route.ts";
import { list, ref } from "./schema.ts";

async function listPipelines({ table }: ApiCall): Promise<Json[]> {
  return (await (await table()).pipelines(50)).map((pipeline) => present({ ...pipeline }));
}

async function getPipeline({ table, param }: ApiCall): Promise<Json> {
  const id = param("id");
  const found = await (await table()).pipeline(id);
  if (!found) throw absent(`There is no pipeline ${JSON.stringify(id.slice(0, 100))}`);
  const { steps, ...pipeline } = found;
  return { ...present({ ...pipeline }), steps: steps.map((step) => present({ ...step })) };
}

function chat(): never {
  throw new ApiError(
    501,
    "This server sends nothing to other hosts, so it does not chat; let your own assistant ask it " +
      "by MCP: chachaml mcp, or /mcp of this server",
  );
}

/** Endpoints for pipelines and the chat. */
export const PIPELINE_ROUTES: readonly ApiRoute[] = [
  {
    method: "GET",
    path: "/api/pipelines",
    summary: "The newest 50 pipelines that chachaml has run",
    answer: list(ref("Pipeline")),
    handle: listPipelines,
  },
  {
    method: "GET",
    path: "/api/pipelines/:id",
    summary: "A pipeline with its steps in order",
    answer: ref("PipelineDetail"),
    problems: { 404: "No such pipeline" },
    handle: getPipeline,
  },
  {
    method: "POST",
    path: "/api/chat",
    summary: "Is not served: use MCP",
    answer: ref("Error"),
    problems: { 501: "It never is" },
    handle: chat,
  },
];
