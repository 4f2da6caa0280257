/** The data of a report: elements of the document, read when they are asked for. */
import { formatBytes } from "../format.ts";
import type { ArtifactInfo, Curve, Row, RunDetail } from "../types.ts";

/** Metadata of a report. */
export interface ReportInfo {
  /** Name of the store. */
  readonly name: string;
  /** Version of the program that wrote it. */
  readonly version: string;
  /** When it was written, in epoch milliseconds. */
  readonly time: number;
  /** Ids of the runs. */
  readonly runs: readonly string[];
  /** Limits of the content, and their effect. */
  readonly files: {
    readonly maxFile: number;
    readonly maxTotal: number;
    readonly included: number;
    readonly omitted: number;
  };
}

/** One run: as a row of the table, and with everything. */
export interface ReportRun {
  readonly row: Row;
  readonly detail: RunDetail;
}

/** Elements by kind and id. */
const elements = new Map<string, HTMLScriptElement>();
for (const element of document.querySelectorAll<HTMLScriptElement>("script[data-kind]")) {
  const { kind = "", id = "" } = element.dataset;
  elements.set(`${kind} ${id}`, element);
}

function read<T>(kind: string, id: string): T | undefined {
  const element = elements.get(`${kind} ${id}`);
  return element && JSON.parse(element.text) as T;
}

/** The report; `undefined` on a server's page. */
export const report: ReportInfo | undefined = read<ReportInfo>("report", "");

const runs = new Map<string, ReportRun>();
for (const id of report?.runs ?? []) {
  const run = read<ReportRun>("run", id);
  if (run) runs.set(id, run);
}

/** The runs, in the order in which they were named. */
export function reportRuns(): readonly ReportRun[] {
  return [...runs.values()];
}

/** A run; `undefined` if it is not in the report. */
export function reportRun(id: string): ReportRun | undefined {
  return runs.get(id);
}

/** The curve of a metric; `undefined` if the run has no such metric. */
export function reportCurve(runId: string, key: string): Curve | undefined {
  return read<Curve>("curve", JSON.stringify([runId, key]));
}

/** Whether the bytes of a file are in the report. */
export function hasFile(id: string): boolean {
  return elements.has(`file ${id}`) && !elements.has(`failed ${id}`);
}

let decoded: { readonly id: string; readonly bytes: Uint8Array<ArrayBuffer> } | undefined;

/** The bytes of a file. Those of the last one are kept: a preview may read it in many parts. */
export function fileBytes(id: string): Uint8Array<ArrayBuffer> {
  if (decoded?.id === id) return decoded.bytes;
  const text = atob(elements.get(`file ${id}`)?.text ?? "");
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
  decoded = { id, bytes };
  return bytes;
}

/** Why the bytes of a file are not in the report. */
export function whyMissing(id: string): string {
  const failure = read<string>("failed", id);
  if (failure !== undefined) return `This file could not be read: ${failure}`;
  const { maxFile, maxTotal } = report!.files;
  return `This report has files of up to ${formatBytes(maxFile)} each, ${
    formatBytes(maxTotal)
  } in all; of others only size and hash.`;
}

/** The record of a file. */
export function reportFile(id: string): ArtifactInfo | undefined {
  for (const { detail } of runs.values()) {
    const found = detail.artifacts?.find((artifact) => artifact.id === id);
    if (found) return found;
  }
  return undefined;
}

const urls = new Map<string, string>();

/** An address of a file's bytes in this document; `undefined` if they are not in it. */
export function fileUrl(id: string, type: string): string | undefined {
  if (!hasFile(id)) return undefined;
  const key = `${type} ${id}`;
  let url = urls.get(key);
  if (url === undefined) {
    url = URL.createObjectURL(new Blob([fileBytes(id)], { type }));
    urls.set(key, url);
  }
  return url;
}
