/** The frame around all views. */
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { connection, needsSignIn, onReturn, post } from "./api.ts";
import { useCell } from "./cell.ts";
import { CompareView } from "./compare/compare_view.tsx";
import { count, formatBytes, formatDate, formatTime } from "./format.ts";
import { KEY_HELP, useKeys } from "./keyboard.ts";
import { useLive } from "./live.ts";
import { LoggedModelView } from "./models/logged_model_view.tsx";
import { ModelsView } from "./models/models_view.tsx";
import { Dialog, Problem } from "./parts.tsx";
import { report } from "./report/data.ts";
import { type Address, address, go, link, parseAddress, tableHash } from "./route.ts";
import { isPanelWanted, isWide } from "./run/panel.ts";
import { RunView } from "./run/run_view.tsx";
import { RunsView } from "./runs/runs_view.tsx";
import { SignIn } from "./sign_in.tsx";
import { StoreView } from "./store/store_view.tsx";
import { loadStoreInfo, storeInfo, storeProblem } from "./store_info.ts";
import { theme, toggleTheme } from "./theme.ts";

const SECTIONS = [
  ["runs", "Runs", ["runs", "run", "logged-model"]],
  ["compare", "Compare", ["compare"]],
  ["models", "Models", ["models"]],
  ["store", "Store", ["store"]],
] as const;

/** The sections of a report. */
const REPORT_SECTIONS = ["runs", "compare"];

/** The page as a whole. */
export function App() {
  const current = useCell(address);
  const signIn = useCell(needsSignIn);
  const problem = useCell(storeProblem);
  const info = useCell(storeInfo);
  const [help, setHelp] = useState(false);
  useEffect(() => {
    if (!signIn) void loadStoreInfo();
  }, [signIn]);
  useLive(() => true, () => void loadStoreInfo(), 2000);
  useEffect(() => {
    return onReturn(() => void loadStoreInfo());
  }, []);
  useGoKeys(() => setHelp(true));
  if (signIn) return <SignIn />;
  return (
    <>
      <Header current={current} onHelp={() => setHelp(true)} />
      {problem !== undefined && !info
        ? (
          <main class="alone">
            <Problem words={problem} retry={() => void loadStoreInfo()} />
          </main>
        )
        : <Content current={current} />}
      {help && <Help onClose={() => setHelp(false)} />}
    </>
  );
}

/** Keys that work in every view. */
function useGoKeys(onHelp: () => void): void {
  const going = useRef(0);
  const after = (hash: string, otherwise?: () => void) => () => {
    if (Date.now() - going.current < 1000) go(hash);
    else otherwise?.();
  };
  useKeys({
    g: () => void (going.current = Date.now()),
    r: after("#/"),
    m: after("#/models"),
    s: after("#/store"),
    t: toggleTheme,
    "?": onHelp,
  });
}

/**
 * The view of the address. The table of runs stays where it is while a run is open, beside it or in its
 * place, so that "back" restores its state.
 */
function Content({ current }: { current: Address }) {
  const { view } = current;
  const hash = useCell(tableHash);
  const wanted = useCell(isPanelWanted);
  const wide = useCell(isWide);
  const table = useMemo(() => hash === undefined ? undefined : parseAddress(hash), [hash]);
  const beside = view.name === "run" && table && wide && wanted ? view : undefined;
  const isTable = view.name === "runs" || beside !== undefined;
  return (
    <div class={beside ? "views split" : "views"}>
      {table && (
        <div class="layer" hidden={!isTable}>
          <RunsView
            address={view.name === "runs" ? current : table}
            active={isTable}
            beside={beside}
          />
        </div>
      )}
      {view.name === "run" && (
        <RunView
          key={view.id}
          address={current}
          view={view}
          table={wide ? hash : undefined}
          isPanel={beside !== undefined}
        />
      )}
      {view.name === "compare" && <CompareView address={current} />}
      {view.name === "models" && !report && <ModelsView model={view.model} address={current} />}
      {view.name === "logged-model" && !report && <LoggedModelView key={view.id} id={view.id} />}
      {view.name === "store" && !report && <StoreView />}
      {view.name === "unknown" && (
        <main class="alone">
          <h1>Nothing is at this address</h1>
          <p>
            <code>{view.path}</code> is no view of this page. Go to the <a href="#/">runs</a>.
          </p>
        </main>
      )}
    </div>
  );
}

function Header({ current, onHelp }: { current: Address; onHelp: () => void }) {
  const info = useCell(storeInfo);
  const shownTheme = useCell(theme);
  const signOut = async () => {
    await post("/api/sign-out", {}).catch(() => {});
    needsSignIn.set(true);
  };
  return (
    <header class="top">
      <a class="skip" href="#content" onClick={skipToContent}>Skip to content</a>
      <a class="brand" href="#/">
        <Mark />
        chachaml
      </a>
      <span class="store-name" title={info?.path ?? info?.name}>{info?.name ?? ""}</span>
      <nav aria-label="Sections">
        {SECTIONS.filter(([path]) => !report || REPORT_SECTIONS.includes(path)).map((
          [path, words, views],
        ) => (
          <a
            key={path}
            href={link(path === "runs" ? [] : [path])}
            aria-current={(views as readonly string[]).includes(current.view.name)
              ? "page"
              : undefined}
          >
            {words}
          </a>
        ))}
      </nav>
      <div class="actions">
        {report ? <ReportBadge /> : (
          <>
            {info?.["read-only"] && <span class="badge">read-only</span>}
            <Connection />
          </>
        )}
        {info?.user && (
          <span class="user" title={`Signed in as ${info.user} (${info.role})`}>{info.user}</span>
        )}
        {info?.user && (
          <button type="button" class="quiet" onClick={() => void signOut()}>Sign out</button>
        )}
        <button
          type="button"
          class="quiet icon"
          aria-label="Help"
          title="Help (?)"
          onClick={onHelp}
        >
          ?
        </button>
        <button
          type="button"
          class="quiet icon"
          aria-label={shownTheme === "dark" ? "Use the light theme" : "Use the dark theme"}
          title="Light or dark (t)"
          onClick={toggleTheme}
        >
          {shownTheme === "dark" ? "☀" : "☾"}
        </button>
      </div>
    </header>
  );
}

/** Description of a report and its omissions. */
function ReportBadge() {
  const { time, files } = report!;
  const left = files.omitted === 0
    ? "All files are in it."
    : `${count(files.omitted, "file")} above ${formatBytes(files.maxFile)} each or ${
      formatBytes(files.maxTotal)
    } together are listed with their hashes only.`;
  return (
    <span class="badge" title={`Written ${formatTime(time)}. ${left}`}>
      report of {formatDate(time)}
    </span>
  );
}

function skipToContent(event: Event): void {
  event.preventDefault();
  document.querySelector<HTMLElement>(".layer:not([hidden]) main, .views > main")?.focus();
}

function Mark() {
  return (
    <svg class="mark" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
      <path d="M1.5 2v12.5H15" />
      <path d="M4 4.5c1 5.5 3 7 10 7.5" />
    </svg>
  );
}

const CONNECTION_WORDS = {
  live: ["live", "Changes show by themselves"],
  connecting: ["connecting", "Waiting for the server"],
  lost: ["reconnecting", "The server does not answer; trying again every 2 seconds"],
} as const;

function Connection() {
  const state = useCell(connection);
  const [words, title] = CONNECTION_WORDS[state];
  return (
    <span class={`connection connection-${state}`} role="status" title={title}>
      <span class="dot" aria-hidden="true" />
      <span class="words">{words}</span>
    </span>
  );
}

function Help({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title="Keyboard" onClose={onClose}>
      <dl class="keys">
        {KEY_HELP.map(([keys, words]) => (
          <div key={keys}>
            <dt>{keys.split("  ").map((key) => <kbd key={key}>{key}</kbd>)}</dt>
            <dd>{words}</dd>
          </div>
        ))}
      </dl>
      <p class="dim">
        A filter reads{" "}
        <code>metrics.loss &lt; 0.5 AND params.lr = '0.1'</code>; a plain word finds runs by their
        name.
      </p>
    </Dialog>
  );
}
