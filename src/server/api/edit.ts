/** Changes of runs and experiments by people. */
import { apiErrorOf, bad } from "./api_error.ts";
import { Body } from "./body.ts";
import { type Json, runJson } from "./json.ts";
import type { ApiCall, ApiRoute } from "./route.ts";
import { flag, input, list, nullable, record, ref, type Schema, text } from "./schema.ts";

/** Maximum number of runs per call. */
const MOST_RUNS = 10_000;

async function edit({ store, json, param }: ApiCall): Promise<Json> {
  const id = param("id");
  const body = new Body(await json(), ["name", "experiment", "note", "tags"]);
  const tags: Record<string, string | null> = {};
  for (const [key, value] of Object.entries(body.object("tags") ?? {})) {
    if (value !== null && typeof value !== "string") {
      throw bad(`The tag ${JSON.stringify(key)} takes text, or null to remove it`);
    }
    tags[key] = value;
  }
  if (body.has("note")) tags.note = body.text("note") ?? null;
  const experiment = body.text("experiment");
  const change = {
    ...body.has("name") && { name: body.text("name") ?? null },
    ...experiment !== undefined && { experiment },
  };
  if (Object.keys(change).length > 0) await store.runs.update(id, change);
  await store.runs.setTags(id, tags);
  return runJson(await store.runs.get(id));
}

/** Applies a change to each run. Failures do not affect the others. */
async function each(
  body: Body,
  change: (id: string) => Promise<unknown>,
): Promise<Json> {
  const ids = [...new Set(body.texts("ids"))];
  if (ids.length === 0 || ids.length > MOST_RUNS) {
    throw bad(`"ids" takes 1 to ${MOST_RUNS} ids of runs, not ${ids.length}`);
  }
  const done: string[] = [];
  const failed: { id: string; error: string }[] = [];
  for (const id of ids) {
    try {
      await change(id);
      done.push(id);
    } catch (error) {
      const problem = apiErrorOf(error);
      if (problem.status >= 500 || ids.length === 1) throw error;
      failed.push({ id, error: problem.message });
    }
  }
  return { done, failed };
}

async function archive({ store, json }: ApiCall): Promise<Json> {
  return await each(new Body(await json(), ["ids"]), (id) => store.runs.archive(id));
}

async function unarchive({ store, json }: ApiCall): Promise<Json> {
  return await each(new Body(await json(), ["ids"]), (id) => store.runs.unarchive(id));
}

async function remove({ store, json }: ApiCall): Promise<Json> {
  const body = new Body(await json(), ["ids", "force", "children"]);
  const options = { force: body.flag("force"), children: body.flag("children") };
  return await each(body, (id) => store.runs.remove(id, options));
}

async function describeExperiment({ store, json, param }: ApiCall): Promise<Json> {
  const body = new Body(await json(), ["description", "owner"]);
  await store.experiments.describe(param("name"), {
    ...body.has("description") && { description: body.text("description") ?? null },
    ...body.has("owner") && { owner: body.text("owner") ?? null },
  });
  return { ok: true };
}

const IDS: Schema = { ...list(text), minItems: 1, maxItems: MOST_RUNS };
const PROBLEMS = { 404: "No such run", 409: "The state of the run does not allow it" };

/** Endpoints for changes. */
export const EDIT_ROUTES: readonly ApiRoute[] = [
  {
    method: "POST",
    path: "/api/runs/archive",
    summary: "Archives runs: they are hidden until they are unarchived",
    body: input({ ids: IDS }),
    answer: ref("Changed"),
    problems: PROBLEMS,
    handle: archive,
  },
  {
    method: "POST",
    path: "/api/runs/unarchive",
    summary: "Brings archived runs back, with the status that they had",
    body: input({ ids: IDS }),
    answer: ref("Changed"),
    problems: PROBLEMS,
    handle: unarchive,
  },
  {
    method: "POST",
    path: "/api/runs/remove",
    summary: "Removes runs with everything recorded for them, for good",
    body: input({
      "ids": IDS,
      "force?": { ...flag, description: "Also runs that model versions use, with these versions" },
      "children?": { ...flag, description: "Also the runs that are part of them" },
    }),
    answer: ref("Changed"),
    problems: PROBLEMS,
    handle: remove,
  },
  {
    method: "POST",
    path: "/api/runs/:id/edit",
    summary: "Changes the name, the note and tags of a run; null removes",
    body: input({
      "name?": text,
      "experiment?": text,
      "note?": text,
      "tags?": record(nullable(text)),
    }),
    answer: ref("Run"),
    problems: { 404: "No such run" },
    handle: edit,
  },
  {
    method: "POST",
    path: "/api/experiments/:name/describe",
    summary: "Describes an experiment, which is made if it is new; what is left out stays",
    body: input({ "description?": text, "owner?": text }),
    answer: ref("Done"),
    handle: describeExperiment,
  },
];
