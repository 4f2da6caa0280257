/** Curves of several metrics of several runs. */
import type { Curve } from "../../metadata/metric.ts";
import { bad } from "./api_error.ts";
import { type Json, number } from "./json.ts";
import type { ApiCall, ApiRoute } from "./route.ts";
import { list, oneOf, ref, text } from "./schema.ts";

/** Maximum number of curves per response. */
const MOST_CURVES = 2000;

async function curves({ store, query }: ApiCall): Promise<Json[]> {
  const runs = [...new Set(query.list("runs"))];
  const keys = new Set(query.list("keys"));
  const points = query.integer("points", 500);
  const byTime = query.text("x") === "time";
  const [from, to] = [query.integer("from", -Infinity), query.integer("to", Infinity)];
  const range = Number.isFinite(from) || Number.isFinite(to) ? [from, to] as const : undefined;
  if (from > to) throw bad("from is larger than to");
  const wanted: { id: string; key: string; count: number }[] = [];
  for (const id of runs) {
    for (const { key, count } of await store.metrics.summary(id)) {
      if (keys.size === 0 || keys.has(key)) wanted.push({ id, key, count });
    }
  }
  if (wanted.length > MOST_CURVES) {
    throw bad(
      `These are ${wanted.length} curves; ask for at most ${MOST_CURVES} at once, by fewer runs or keys`,
    );
  }
  const found: Json[] = [];
  for (const { id, key } of wanted) {
    const curve = await store.metrics.curve(id, key, {
      points,
      ...range && { steps: range },
    });
    found.push(curveJson(id, byTime ? inTime(curve) : curve, points, range));
  }
  return found;
}

/** Converts a curve to JSON. */
export function curveJson(
  runId: string,
  { key, steps, values, times, logged, nonFinite }: Curve,
  points: number,
  range?: readonly [from: number, to: number],
): Json {
  return {
    "run-id": runId,
    key,
    "count": logged,
    "thinned": range ? values.length >= points : logged > points && values.length <= points,
    "non-finite": nonFinite,
    "steps": Array.from(steps),
    "values": Array.from(values, number),
    "times": Array.from(times),
  };
}

/** Sorts the points of a curve by time. */
function inTime(curve: Curve): Curve {
  const { steps, values, times } = curve;
  const order = Array.from(times, (_, at) => at).sort((a, b) => times[a]! - times[b]! || a - b);
  const pick = (column: Float64Array) => Float64Array.from(order, (at) => column[at]!);
  return { ...curve, steps: pick(steps), values: pick(values), times: pick(times) };
}

/** Endpoint for curves. */
export const CURVE_ROUTES: readonly ApiRoute[] = [{
  method: "GET",
  path: "/api/curves",
  summary: "Curves of metrics: one value a step, with as many points as a plot has room for",
  query: {
    runs: {
      description: "Runs, separated by commas",
      schema: { type: "array", items: text },
      repeats: true,
      required: true,
    },
    keys: {
      description: "Metrics; all of the runs if left out",
      schema: { type: "array", items: text },
      repeats: true,
    },
    points: {
      description: "The largest number of points of a curve (default: 500)",
      schema: { type: "integer", minimum: 3, maximum: 100_000 },
    },
    from: {
      description: "The first step; the nearest point before it is there too",
      schema: { type: "integer" },
    },
    to: {
      description: "The last step; the nearest point after it is there too",
      schema: { type: "integer" },
    },
    x: {
      description: "What the points are in the order of (default: step)",
      schema: oneOf("step", "time"),
    },
  },
  answer: list(ref("Curve")),
  problems: { 404: "A run is not in the store" },
  handle: curves,
}];
