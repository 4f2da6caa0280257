/** A notebook: its cells and outputs, without active content. */
import { Markdown } from "../markdown.tsx";
import { Problem } from "../parts.tsx";
import { highlight } from "./highlight.tsx";
import { plainLine } from "../run/log.tsx";

/** Most cells that are shown. */
const MOST_CELLS = 200;

/** Longest output, in characters. */
const MOST_TEXT = 20_000;

interface Cell {
  readonly cell_type?: string;
  readonly source?: string | string[];
  readonly outputs?: readonly Output[];
  readonly execution_count?: number | null;
}

interface Output {
  readonly text?: string | string[];
  readonly data?: Readonly<Record<string, string | string[]>>;
  readonly ename?: string;
  readonly evalue?: string;
}

function join(text: string | string[] | undefined): string {
  return (Array.isArray(text) ? text.join("") : String(text ?? "")).slice(0, MOST_TEXT);
}

/** The preview. */
export function NotebookPreview({ text }: { text: string }) {
  let cells: readonly Cell[];
  try {
    cells = (JSON.parse(text) as { cells?: Cell[] }).cells ?? [];
  } catch {
    return <Problem words="This notebook is not JSON, or too long to be shown; download it" />;
  }
  return (
    <div class="notebook">
      {cells.slice(0, MOST_CELLS).map((cell, at) => (
        <section key={at} class="nb-cell" aria-label={`Cell ${at + 1}`}>
          {cell.cell_type === "markdown"
            ? <Markdown text={join(cell.source)} />
            : <pre class="code" tabIndex={0}>{highlight(join(cell.source), "cell.py")}</pre>}
          {(cell.outputs ?? []).map((output, index) => (
            <NotebookOutput key={index} output={output} />
          ))}
        </section>
      ))}
      {cells.length > MOST_CELLS && <p class="dim">{cells.length - MOST_CELLS} more cells</p>}
    </div>
  );
}

function NotebookOutput({ output }: { output: Output }) {
  if (output.ename !== undefined) {
    return <pre class="nb-output error">{`${output.ename}: ${output.evalue ?? ""}`}</pre>;
  }
  const data = output.data ?? {};
  for (const type of ["image/png", "image/jpeg"]) {
    const bytes = data[type];
    if (bytes === undefined) continue;
    const base64 = (Array.isArray(bytes) ? bytes.join("") : String(bytes)).replaceAll(/\s/g, "");
    if (/^[A-Za-z0-9+/=]*$/.test(base64)) {
      return <img class="picture" alt="Output of the cell" src={`data:${type};base64,${base64}`} />;
    }
  }
  if (data["text/markdown"] !== undefined) return <Markdown text={join(data["text/markdown"])} />;
  const text = join(output.text ?? data["text/plain"]);
  if (text === "") return null;
  return <pre class="nb-output" tabIndex={0}>{text.split("\n").map(plainLine).join("\n")}</pre>;
}
