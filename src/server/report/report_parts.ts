/** The parts of a report: the page, then its data in elements that browsers do not execute. */
import config from "../../../deno.json" with { type: "json" };
import type { Artifact } from "../../artifacts/artifact.ts";
import type { Store } from "../../store/store.ts";
import { rowJson } from "../api/table.ts";
import { detailJson } from "../api/runs.ts";
import { curveJson } from "../api/curves.ts";
import { storeName } from "../api/store.ts";
import { tableText } from "../../metadata/rows/table_text.ts";
import type { Inclusion } from "./plan_files.ts";
import { dataElement, documentEnd, documentStart, elementStart } from "./document.ts";

/** Limits of the content. */
export interface ReportLimits {
  /** Largest size of an included file, in bytes. */
  readonly maxFile: number;
  /** Largest size of all included files, in bytes. */
  readonly maxTotal: number;
  /** Largest number of points of a curve. */
  readonly points: number;
}

/** Yields the text of a report, one run, curve or piece of a file at a time. */
export async function* reportParts(
  store: Store,
  ids: readonly string[],
  limits: ReportLimits,
  { artifacts, omitted }: Inclusion,
): AsyncGenerator<string> {
  const names = [];
  const childrenOf = new Map<string | null, string[]>();
  for (const id of ids) {
    const { name, parentId } = await store.runs.get(id);
    if (names.length < 3) names.push(name || id);
    childrenOf.set(parentId, [...childrenOf.get(parentId) ?? [], id]);
  }
  const more = ids.length > 3 ? ` and ${ids.length - 3} more` : "";
  yield await documentStart(`${names.join(", ")}${more}`);
  yield dataElement("report", "", {
    "name": storeName(store),
    "version": config.version,
    "time": Date.now(),
    "runs": ids,
    "files": { ...limits, included: artifacts.length, omitted },
  });
  const dead = new Set((await store.runs.dead()).map(({ runId }) => runId));
  for (const id of ids) {
    const others = { "children": childrenOf.get(id) ?? [], "dead": dead.has(id) };
    yield* runParts(store, id, others, limits.points);
  }
  for (const artifact of artifacts) yield* fileParts(artifact);
  yield documentEnd();
}

async function* runParts(
  store: Store,
  id: string,
  others: { readonly children: readonly string[]; readonly dead: boolean },
  points: number,
): AsyncGenerator<string> {
  const run = await store.runs.get(id);
  const metrics = await store.metrics.summary(id);
  const values = Object.entries(await store.runs.params(id));
  const params = new Map(values.map(([key, value]) => [key, tableText(value)]));
  yield dataElement("run", id, {
    "row": rowJson({ run, params, metrics }, others.dead, []),
    "detail": { ...await detailJson(store, run, metrics), ...others },
  });
  for (const { key } of metrics) {
    const curve = await store.metrics.curve(id, key, { points });
    yield dataElement("curve", JSON.stringify([id, key]), curveJson(id, curve, points));
  }
}

/** Number of bytes that are encoded at once: base64 encodes three at a time. */
const PIECE = 3 * 16_384;

/**
 * Yields a file as base64. If it cannot be read, another element says so: what was written before
 * cannot be taken back.
 */
async function* fileParts(artifact: Artifact): AsyncGenerator<string> {
  const { id } = artifact;
  yield elementStart("file", id);
  let failure: unknown;
  try {
    let rest = new Uint8Array(0);
    for await (const chunk of artifact.stream({ verify: true })) {
      const bytes = new Uint8Array(rest.length + chunk.length);
      bytes.set(rest);
      bytes.set(chunk, rest.length);
      const whole = bytes.length - bytes.length % 3;
      for (let at = 0; at < whole; at += PIECE) {
        yield bytes.subarray(at, Math.min(whole, at + PIECE)).toBase64();
      }
      rest = bytes.subarray(whole);
    }
    yield rest.toBase64();
  } catch (error) {
    failure = error;
  }
  yield "</script>\n";
  if (failure !== undefined) {
    yield dataElement("failed", id, failure instanceof Error ? failure.message : String(failure));
  }
}
