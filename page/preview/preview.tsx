/** A file, shown by its type. Nothing of it runs, and only so much of it is read as is shown. */
import { formatBytes } from "../format.ts";
import { Markdown } from "../markdown.tsx";
import { Empty, Problem, Skeleton } from "../parts.tsx";
import { hasFile, report, whyMissing } from "../report/data.ts";
import type { FileEntry } from "../types.ts";
import { useLoad } from "../use_load.ts";
import { bytesUrl, type Head, readBytes, readHead } from "./bytes.ts";
import { delimiterOf, parseDelimited } from "./delimited.ts";
import { Grid } from "./grid.tsx";
import { highlight } from "./highlight.tsx";
import { type Kind, kindOf } from "./kind.ts";
import { NotebookPreview } from "./notebook.tsx";
import { ParquetPreview } from "./parquet.tsx";

/** Bytes of a text that are read. */
const MOST_TEXT = 512 * 1024;

/** Bytes of a document that can only be shown whole. */
const MOST_WHOLE = 8 * 1024 * 1024;

/** Bytes of a picture that are shown unasked. */
const MOST_PICTURE = 32 * 1024 * 1024;

/** Rows of a table. */
const ROWS = 200;

/** The preview of a file. */
export function Preview({ entry }: { entry: FileEntry; run: string }) {
  const id = entry["artifact-id"]!;
  const size = entry.size ?? 0;
  const kind = kindOf(entry.name, entry["content-type"]);
  if (size === 0) return <Empty>This file is empty.</Empty>;
  if (report && !hasFile(id)) return <Empty>{whyMissing(id)}</Empty>;
  switch (kind) {
    case "picture":
      return size > MOST_PICTURE
        ? <TooLong size={size} />
        : <img class="picture" src={bytesUrl(id, true)} alt={entry.name} />;
    case "audio":
      return <audio controls preload="metadata" src={bytesUrl(id)} aria-label={entry.name} />;
    case "video":
      return <video controls preload="metadata" src={bytesUrl(id)} aria-label={entry.name} />;
    case "html":
      return (
        <iframe
          class="frame"
          sandbox=""
          title={`Preview of ${entry.name}`}
          src={bytesUrl(id, true)}
          loading="lazy"
        />
      );
    case "pdf":
      return <PdfPreview id={id} name={entry.name} />;
    case "parquet":
      return <ParquetPreview id={id} size={size} />;
    case "other":
      return <Unknown id={id} size={size} name={entry.name} />;
    default:
      return <TextPreview id={id} size={size} name={entry.name} kind={kind} />;
  }
}

/**
 * A PDF in the browser's own viewer. Chromium's does not work in a frame with `sandbox`: the policy of
 * the server's answer, which is one, takes the place of it.
 */
function PdfPreview({ id, name }: { id: string; name: string }) {
  if (!navigator.pdfViewerEnabled) {
    return <Empty>This browser shows no PDF. Download it.</Empty>;
  }
  const url = bytesUrl(id, true);
  return (
    <>
      <iframe class="frame" title={`Preview of ${name}`} src={url} loading="lazy" />
      <p class="dim">
        <a href={url} target="_blank" rel="noopener">Open in a new tab</a>
      </p>
    </>
  );
}

function TooLong({ size }: { size: number }) {
  return <Empty>This file has {formatBytes(size)}, too much to be shown. Download it.</Empty>;
}

function TextPreview({ id, size, name, kind }: {
  id: string;
  size: number;
  name: string;
  kind: Kind;
}) {
  const isWhole = kind === "notebook" || kind === "json" && size <= MOST_WHOLE / 4;
  const { data, error, reload } = useLoad(
    `head ${id}`,
    (signal) => readHead(id, size, isWhole ? MOST_WHOLE : MOST_TEXT, signal),
  );
  if (error !== undefined) return <Problem words={error} retry={reload} />;
  if (!data) return <Skeleton rows={8} />;
  if (data.binary) return <Unknown id={id} size={size} name={name} />;
  return (
    <>
      <TextBody head={data} name={name} kind={kind} />
      {!data.whole && kind !== "table" && (
        <p class="dim">The first {formatBytes(MOST_TEXT)} of {formatBytes(size)}</p>
      )}
    </>
  );
}

function TextBody({ head: { text, whole }, name, kind }: { head: Head; name: string; kind: Kind }) {
  if (kind === "table") {
    const [heads = [], ...rows] = parseDelimited(text, delimiterOf(text, name), ROWS + 1);
    const note = whole && rows.length < ROWS
      ? `${rows.length} rows`
      : `The first ${rows.length} rows`;
    return <Grid label={`Rows of ${name}`} heads={heads} rows={rows} note={note} />;
  }
  if (kind === "markdown") {
    return (
      <div class="note">
        <Markdown text={text} />
      </div>
    );
  }
  if (kind === "notebook") return <NotebookPreview text={text} />;
  const shown = kind === "json" && whole ? pretty(text) : text;
  return (
    <pre class="code" tabIndex={0} aria-label={name}>
      {highlight(shown, kind === "json" ? "x.json" : name)}
    </pre>
  );
}

/** Formats JSON; unchanged if it is invalid, or has numbers that JavaScript would change. */
function pretty(text: string): string {
  if (text.includes("\n  ") || /\d{16}/.test(text)) return text;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

/** First bytes of a binary file. */
function Unknown({ id, size, name }: { id: string; size: number; name: string }) {
  const { data } = useLoad(
    `bytes ${id}`,
    (signal) => readBytes(id, 0, Math.min(size, 256), signal),
  );
  if (!data) return <Skeleton rows={4} />;
  const bytes = new Uint8Array(data);
  const lines = [];
  for (let at = 0; at < bytes.length; at += 16) {
    const row = [...bytes.subarray(at, at + 16)];
    const hex = row.map((byte) => byte.toString(16).padStart(2, "0")).join(" ").padEnd(48);
    const text = row.map((byte) => byte > 31 && byte < 127 ? String.fromCharCode(byte) : "·");
    lines.push(`${at.toString(16).padStart(4, "0")}  ${hex} ${text.join("")}`);
  }
  return (
    <>
      <pre class="code" tabIndex={0} aria-label={`First bytes of ${name}`}>{lines.join("\n")}</pre>
      {size > 256 && <p class="dim">The first 256 bytes of {formatBytes(size)}</p>}
    </>
  );
}
