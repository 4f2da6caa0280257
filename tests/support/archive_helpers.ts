/** What the tests of export and import share. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { type ExportOptions, openStore, type Store } from "../../mod.ts";
import { versionOf } from "./programs.ts";

/** A member of a tar archive, written as it is said, however wrong that is. */
export interface Member {
  readonly name: string;
  readonly body?: string | Uint8Array;
  /** What its header says of its size, where that is not the truth. */
  readonly size?: number;
  readonly type?: string;
  readonly linkname?: string;
}

/** A tar archive, built without the library that the store uses. */
export function tar(members: readonly Member[]): Uint8Array<ArrayBuffer> {
  return join([...members.flatMap(blocksOf), new Uint8Array(1024)]);
}

/** Bytes one after the other. */
export function join(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function blocksOf({ name, body = "", size, type = "0", linkname = "" }: Member): Uint8Array[] {
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
  const header = new Uint8Array(512);
  const write = (at: number, text: string) => header.set(new TextEncoder().encode(text), at);
  const octal = (at: number, digits: number, value: number) =>
    write(at, value.toString(8).padStart(digits, "0"));
  write(0, name);
  octal(100, 7, 0o644);
  octal(108, 7, 0);
  octal(116, 7, 0);
  octal(124, 11, size ?? bytes.length);
  octal(136, 11, 0);
  write(156, type);
  write(157, linkname);
  write(257, "ustar\u000000");
  header.fill(32, 148, 156);
  octal(148, 6, header.reduce((sum, byte) => sum + byte, 0));
  header[154] = 0;
  return [header, bytes, new Uint8Array(-bytes.length & 511)];
}

/** A pax record that says more of the member behind it than its header can. */
export function pax(records: Readonly<Record<string, string>>, type = "x"): Member {
  const body = Object.entries(records).map(([key, value]) => {
    const rest = ` ${key}=${value}\n`;
    let length = rest.length;
    while (String(length).length + rest.length !== length) length++;
    return `${length}${rest}`;
  }).join("");
  return { name: "pax", type, body };
}

/** The members of an archive, as far as ours have them, read without the library that wrote it. */
export function membersOf(archive: Uint8Array): { name: string; body: Uint8Array }[] {
  const members: { name: string; body: Uint8Array }[] = [];
  const text = (at: number, length: number) =>
    new TextDecoder().decode(archive.subarray(at, at + length)).replace(/\0[^]*$/, "");
  for (let at = 0; archive[at] !== 0;) {
    const size = parseInt(text(at + 124, 12), 8);
    const prefix = text(at + 345, 155);
    const name = (prefix && `${prefix}/`) + text(at, 100);
    members.push({ name, body: archive.subarray(at + 512, at + 512 + size) });
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return members;
}

/** An archive of runs as bytes. */
export async function archiveOf(
  store: Store,
  ids: readonly string[],
  options: ExportOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await new Response(store.export(ids, options)).arrayBuffer());
}

/** The manifest of an archive, and the members behind it. */
// deno-lint-ignore no-explicit-any
export function opened(archive: Uint8Array): { manifest: any; files: Member[] } {
  const [first, ...files] = membersOf(archive);
  assert.equal(first!.name, "chachaml-runs.json");
  return { manifest: JSON.parse(new TextDecoder().decode(first!.body)), files };
}

/** An archive of a manifest, and the members behind it. */
export function packed(manifest: unknown, files: readonly Member[]): Uint8Array<ArrayBuffer> {
  return tar([{ name: "chachaml-runs.json", body: JSON.stringify(manifest) }, ...files]);
}

/** Bytes as a stream of chunks of a size. */
export function streamOf(bytes: Uint8Array, chunk: number = 65_536): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      // Copied, as the one who reads a chunk may do with it what they like.
      if (at < bytes.length) controller.enqueue(bytes.slice(at, at += chunk));
      else controller.close();
    },
  }, { highWaterMark: 0 });
}

const TABLES: Record<string, string> = {
  runs: "id",
  params: "run_id, key",
  tags: "run_id, key",
  metrics: "run_id, key, rowid",
  metric_nans: "run_id, key, step",
  datasets: "id",
  artifacts: "id",
};

/** Every row of a store's tables, as the database has it. */
export function rowsOf(store: Store): Record<string, Record<string, unknown>[]> {
  const sql = new DatabaseSync(store.path!, { readOnly: true });
  try {
    const there = new Set(
      sql.prepare("SELECT name FROM sqlite_schema").all().map(({ name }) => String(name)),
    );
    const columns = (table: string) =>
      table === "metric_nans" ? "run_id, key, step, timestamp" : "*";
    return Object.fromEntries(
      Object.entries(TABLES).map(([table, order]) => [
        table,
        there.has(table)
          ? sql.prepare(`SELECT ${columns(table)} FROM ${table} ORDER BY ${order}`).all()
            .map((row) => ({ ...row }))
          : [],
      ]),
    );
  } finally {
    sql.close();
  }
}

/** Changes rows behind a store's back, as another program can. */
export function tamperRows(store: Store, statement: string): void {
  const sql = new DatabaseSync(store.path!);
  try {
    sql.exec(statement);
  } finally {
    sql.close();
  }
}

/** An artifact name that tar can tell only by an extension of its format. */
export const LONG_NAME = `${"long".repeat(60)}/${"name".repeat(60)}/模型 naïve.txt`;

/** Fills a store with a run, and with its child `r`, which has all that a run can have. */
export async function fillFully(store: Store): Promise<void> {
  await store.startRun({ id: "parent", experiment: "e", tags: { by: "ana" } });
  const run = await store.startRun({
    id: "r",
    experiment: "e",
    name: 'a "name" of ünïcode\n',
    tags: { "start tag": "one", both: "start" },
    parentId: "parent",
    createdBy: "ana",
  });
  await run.logParams({ lr: 0.1, layers: [1, 2], nested: { "a b": null }, __proto__key: true });
  await run.setTags({ later: "two", both: "later" });
  for (const [step, value] of [1.5, -Infinity, NaN, Infinity, -1e-300].entries()) {
    await run.logMetrics({ loss: value, [`m${step}`]: step }, { step });
  }
  await run.logDataset({ role: "test", rows: 3, columns: 2, features: ["x", "y"], hash: "h" });
  await run.put("a.txt", "text of a", { contentType: "text/x-a; charset=utf-8" });
  await run.put("empty", "");
  await run.put("deep/er/b", new Uint8Array(700).fill(7));
  await run.put("ünï/模型.bin", "unicode");
  await run.put(LONG_NAME, "long");
  await run.put("large", "0123456789abcdef".repeat(20_000));
  await store.runs.end("r", { error: new Error("no luck") });
  // What only Clojure writes.
  tamperRows(store, "INSERT INTO params VALUES ('r', 'ratio', '22/7'), ('r', 'big', '10N')");
}

const hasGnuTar: boolean = (await versionOf("tar"))?.includes("GNU tar") ?? false;

/** Declares a test that needs GNU tar; it is skipped, and says why, without it. */
export function testWithTar(name: string, test: () => Promise<void>): void {
  if (hasGnuTar) Deno.test(name, test);
  else Deno.test.ignore(`${name} (skipped: there is no GNU tar)`, () => {});
}

/** Opens another store, in memory. */
export function openOther(): Promise<Store> {
  return openStore({ inMemory: true, driver: "builtin" });
}
