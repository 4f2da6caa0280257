/** Tools for artifacts, curves and logs. */
import type { Artifact } from "../../artifacts/artifact.ts";
import { bad } from "../api/api_error.ts";
import type { Body } from "../api/body.ts";
import { curveJson } from "../api/curves.ts";
import { artifactJson, type Json } from "../api/json.ts";
import { readLogPart } from "../api/log.ts";
import { integer, oneOf, type Schema, text } from "../api/schema.ts";
import { Parts, textPart, type Tool, type ToolCall } from "./tool.ts";

const RUN_ID: Schema = { ...text, description: "Id of the run" };

/** Sizes of a response, in bytes: it must fit the context of an assistant. */
const [USUAL_BYTES, MOST_BYTES, MOST_IMAGE] = [32_000, 200_000, 1_000_000];

async function listArtifacts({ store, args }: ToolCall): Promise<Json> {
  const prefix = args.text("prefix") ?? "";
  const artifacts = await store.artifacts.list(args.requiredText("run_id"));
  return {
    artifacts: artifacts.filter(({ name }) => name.startsWith(prefix)).map(artifactJson),
  };
}

async function artifactOf({ store, args }: ToolCall): Promise<Artifact> {
  const [id, runId, name] = ["artifact_id", "run_id", "name"].map((key) => args.text(key));
  if (id !== undefined) return await store.artifacts.get(id);
  if (runId === undefined || name === undefined) throw bad("Give artifact_id, or run_id and name");
  return await store.artifacts.get(runId, name);
}

async function readArtifact(call: ToolCall): Promise<Parts> {
  const artifact = await artifactOf(call);
  const { size, contentType, name } = artifact;
  const type = contentType?.split(";")[0] ?? "";
  if (/^image\/(png|jpeg|gif|webp)$/.test(type) && size <= MOST_IMAGE) {
    const data = (await artifact.bytes()).toBase64();
    return new Parts({ type: "image", data, mimeType: type });
  }
  const offset = call.args.integer("offset") ?? 0;
  if (offset < 0 || offset > size) throw bad(`"offset" takes 0 to ${size}, the size`);
  const end = Math.min(size, offset + countOf(call.args));
  const bytes = offset === end ? new Uint8Array() : await artifact.bytes({ start: offset, end });
  if (bytes.includes(0)) {
    throw bad(
      `${JSON.stringify(name)} is not text: it has ${size} bytes of ${
        contentType ?? "unknown type"
      }`,
    );
  }
  const rest = end < size ? [textPart(`[${size - end} more bytes; go on at offset ${end}]`)] : [];
  return new Parts(textPart(new TextDecoder().decode(bytes)), ...rest);
}

function countOf(args: Body): number {
  const count = args.integer("max_bytes") ?? USUAL_BYTES;
  if (count >= 1 && count <= MOST_BYTES) return count;
  throw bad(`"max_bytes" takes a number from 1 to ${MOST_BYTES}, not ${count}`);
}

async function getCurve({ store, args }: ToolCall): Promise<Json> {
  const id = args.requiredText("run_id");
  const points = args.integer("points") ?? 100;
  if (points < 3 || points > 2000) throw bad(`"points" takes 3 to 2000, not ${points}`);
  const key = args.requiredText("metric");
  const known = (await store.metrics.summary(id)).map(({ key }) => key);
  if (!known.includes(key)) {
    throw bad(`The run has no metric ${JSON.stringify(key)}; it has ${known.join(", ") || "none"}`);
  }
  return curveJson(id, await store.metrics.curve(id, key, { points }), points);
}

async function readLog({ store, args }: ToolCall): Promise<Parts> {
  const stream = args.text("stream") ?? "stdout";
  if (!["stdout", "stderr"].includes(stream)) throw bad('"stream" takes stdout or stderr');
  const log = await readLogPart(
    store,
    args.requiredText("run_id"),
    `${stream}.log`,
    (size) => Math.max(0, size - countOf(args)),
  );
  const { start } = log;
  const body = log.open(log.size);
  const tail = body === null ? "" : await new Response(body).text();
  const before = start > 0 ? [textPart(`[${start} bytes before]`)] : [];
  return new Parts(...before, textPart(tail === "" ? "[nothing was printed]" : tail));
}

const MAX_BYTES: Schema = {
  ...integer,
  minimum: 1,
  maximum: MOST_BYTES,
  description: `The largest number of bytes (default: ${USUAL_BYTES})`,
};

/** Tools for artifacts, curves and logs. */
export const ARTIFACT_TOOLS: readonly Tool[] = [
  {
    name: "list_artifacts",
    description: "The artifacts of a run: names, sizes, types, SHA-256.",
    args: {
      "run_id": RUN_ID,
      "prefix?": { ...text, description: "Only names that begin so, such as plots/" },
    },
    run: listArtifacts,
  },
  {
    name: "read_artifact",
    description: "Reads an artifact: text from an offset, or a picture.",
    args: {
      "run_id?": RUN_ID,
      "name?": { ...text, description: "Name of the artifact within the run" },
      "artifact_id?": { ...text, description: "In place of run_id and name" },
      "offset?": { ...integer, minimum: 0, description: "The byte to begin with (default: 0)" },
      "max_bytes?": MAX_BYTES,
    },
    run: readArtifact,
  },
  {
    name: "get_curve",
    description: "A metric of a run over its steps, with as few points as keep its shape.",
    args: {
      "run_id": RUN_ID,
      "metric": text,
      "points?": { ...integer, minimum: 3, maximum: 2000, description: "(default: 100)" },
    },
    run: getCurve,
  },
  {
    name: "read_log",
    description: "The end of what the program of a run has printed, while it runs too.",
    args: { "run_id": RUN_ID, "stream?": oneOf("stdout", "stderr"), "max_bytes?": MAX_BYTES },
    run: readLog,
  },
];
