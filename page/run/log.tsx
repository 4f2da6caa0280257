/** The output of a run's program, which is followed while it grows. */
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { messageOf, request, segment, urlOf } from "../api.ts";
import { count } from "../format.ts";
import { Empty, Problem, SearchField } from "../parts.tsx";
import { setQuery } from "../route.ts";
import type { RunDetail } from "../types.ts";

/** Lines that are kept: the last ones. */
const MOST_LINES = 20_000;

/** Milliseconds between two looks at a log that grows. */
const PAUSE = 1000;

/** Escape sequences by which programs colour a terminal. */
// deno-lint-ignore no-control-regex
const SEQUENCES = /\u001b\[[0-?]*[ -/]*[@-~]|\u001b\][^\u0007]*(?:\u0007|\u001b\\)|\u001b[@-_]/g;

/** Text as a terminal would have left it: without colours, and of rewritten lines the last state. */
export function plainLine(line: string): string {
  const text = line.replace(SEQUENCES, "").replace(/\r$/, "");
  return text.slice(text.lastIndexOf("\r") + 1);
}

/** The tab. */
export function LogView({ run, query }: { run: RunDetail; query: URLSearchParams }) {
  const stream = query.get("stream") === "stderr" ? "stderr" : "stdout";
  const search = query.get("find") ?? "";
  const { lines, dropped, error, isLoaded, retry } = useLog(run, stream);
  const shown = search === ""
    ? lines
    : lines.filter((line) => line.toLowerCase().includes(search.toLowerCase()));
  const box = useRef<HTMLPreElement>(null);
  const [follow, setFollow] = useState(true);
  useLayoutEffect(() => {
    if (follow && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [shown.length, follow]);
  return (
    <>
      <div class="controls">
        <div class="segmented" role="group" aria-label="Output">
          {["stdout", "stderr"].map((name) => (
            <button
              key={name}
              type="button"
              aria-pressed={name === stream}
              onClick={() => setQuery({ stream: name === "stdout" ? undefined : name })}
            >
              {name}
            </button>
          ))}
        </div>
        <SearchField
          label="Find lines"
          value={search}
          onSearch={(text) => setQuery({ find: text || undefined })}
        />
        <label class="choice check-choice">
          <input
            type="checkbox"
            checked={follow}
            onChange={({ currentTarget }) => setFollow(currentTarget.checked)}
          />
          <span>Follow</span>
        </label>
        <span class="dim">
          {isLoaded && lines.length > 0 && count(shown.length, "line")}
          {dropped > 0 && `, ${dropped.toLocaleString("en-US")} earlier ones left out`}
        </span>
      </div>
      {error !== undefined && <Problem words={error} retry={retry} />}
      {isLoaded && lines.length === 0
        ? (
          <Empty>
            Nothing was captured of {stream}. A program that is run by <code>chachaml exec</code>
            {" "}
            has its output kept.
          </Empty>
        )
        : (
          <pre
            class="log"
            ref={box}
            tabIndex={0}
            aria-label={stream}
            onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) =>
              setFollow(scrollHeight - scrollTop - clientHeight < 24)}
          >
            {shown.join("\n")}
          </pre>
        )}
    </>
  );
}

/** Reads a log from its beginning, and goes on as long as it grows. */
function useLog(run: RunDetail, stream: string) {
  const empty = { lines: [] as string[], dropped: 0, isLoaded: false };
  const [state, setState] = useState(empty);
  const [error, setError] = useState<string>();
  const [turn, setTurn] = useState(0);
  const isRunning = run.status === "running" && !run.dead;
  const running = useRef(isRunning);
  running.current = isRunning;
  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    let [next, rest, lines, dropped] = [0, "", [] as string[], 0];
    const decoder = new TextDecoder();
    let timer: ReturnType<typeof setTimeout>;
    const read = async () => {
      const url = urlOf(`/api/runs/${segment(run.id)}/log`, { stream, from: next });
      const response = await request(url, { signal });
      const bytes = await response.arrayBuffer();
      next = Number(response.headers.get("x-next") ?? next + bytes.byteLength);
      const text = rest + decoder.decode(bytes, { stream: true });
      const parts = text.split("\n");
      rest = parts.pop()!.slice(-100_000);
      lines = [...lines, ...parts.map(plainLine)];
      if (lines.length > MOST_LINES) {
        dropped += lines.length - MOST_LINES;
        lines = lines.slice(-MOST_LINES);
      }
      const shown = rest === "" ? lines : [...lines, plainLine(rest)];
      setState({ lines: shown, dropped, isLoaded: true });
      setError(undefined);
      if (bytes.byteLength > 0) return void read().catch(fail);
      const grows = response.headers.get("x-growing") === "true" || running.current;
      if (grows) timer = setTimeout(() => void read().catch(fail), PAUSE);
    };
    const fail = (problem: unknown) => {
      if (signal.aborted) return;
      setError(messageOf(problem));
      timer = setTimeout(() => void read().catch(fail), 3 * PAUSE);
    };
    setState(empty);
    void read().catch(fail);
    return () => {
      controller.abort();
      clearTimeout(timer);
    };
  }, [run.id, stream, isRunning, turn]);
  return { ...state, error, retry: () => setTurn(turn + 1) };
}
