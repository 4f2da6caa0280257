/** Assessments of traces: feedback and expectations. */
import { Fields } from "./fields.ts";
import { missing } from "./mlflow_error.ts";
import { parseProtoJson } from "./proto_json.ts";
import { type Call, type Route, route } from "./route.ts";
import { type Assessment, changeTrace, requireTrace } from "./trace_info.ts";

const PATH = "traces/:trace_id/assessments";

async function add(call: Call): Promise<unknown> {
  const sent = call.fields.raw("assessment");
  new Fields(sent).text("assessment_name");
  const time = new Date(call.now()).toISOString();
  const assessment: Assessment = {
    create_time: time,
    last_update_time: time,
    ...plain(sent),
    assessment_id: `a-${crypto.randomUUID().replaceAll("-", "")}`,
    trace_id: call.param("trace_id"),
  } as Assessment;
  await changeTrace(call, call.param("trace_id"), (info) => ({
    ...info,
    assessments: [
      ...withValidity(info.assessments ?? [], assessment.overrides, false),
      assessment,
    ],
  }));
  return { assessment };
}

async function get(call: Call): Promise<unknown> {
  const id = call.param("assessment_id");
  const { assessments = [] } = await requireTrace(call, call.param("trace_id"));
  const assessment = assessments.find(({ assessment_id }) => assessment_id === id);
  if (!assessment) throw noAssessment(id);
  return { assessment };
}

async function change(call: Call): Promise<unknown> {
  const id = call.param("assessment_id");
  const last_update_time = new Date(call.now()).toISOString();
  const changes = { ...plain(call.fields.raw("assessment")), last_update_time, assessment_id: id };
  let assessment: Assessment | undefined;
  await changeTrace(call, call.param("trace_id"), (info) => ({
    ...info,
    assessments: (info.assessments ?? []).map((item) =>
      item.assessment_id === id ? assessment = { ...item, ...changes } : item
    ),
  }));
  if (assessment) return { assessment };
  throw noAssessment(id);
}

/** Removes an assessment; the one that it replaced is valid again. */
async function remove(call: Call): Promise<unknown> {
  const id = call.param("assessment_id");
  await changeTrace(call, call.param("trace_id"), (info) => {
    const all = info.assessments ?? [];
    const removed = all.find(({ assessment_id }) => assessment_id === id);
    const others = all.filter((item) => item !== removed);
    return { ...info, assessments: withValidity(others, removed?.overrides, true) };
  });
  return {};
}

function withValidity(
  assessments: readonly Assessment[],
  id: string | undefined,
  valid: boolean,
): readonly Assessment[] {
  if (id === undefined) return assessments;
  return assessments.map((item) => item.assessment_id === id ? { ...item, valid } : item);
}

function noAssessment(id: string): Error {
  return missing(`Assessment with ID '${id}' not found.`);
}

/** An object of a request as plain JSON; whole numbers of any length keep their digits as text. */
function plain(value: unknown): Record<string, unknown> {
  const exact = (_: string, item: unknown) => typeof item === "bigint" ? String(item) : item;
  return parseProtoJson(JSON.stringify(value ?? {}, exact)) as Record<string, unknown>;
}

/** The endpoints of assessments. */
export const ASSESSMENT_ROUTES: readonly Route[] = [
  route("POST", PATH, add),
  route("GET", `${PATH}/:assessment_id`, get),
  route("PATCH", `${PATH}/:assessment_id`, change),
  route("DELETE", `${PATH}/:assessment_id`, remove),
];
