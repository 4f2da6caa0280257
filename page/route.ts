/** The address of a view: everything that a view shows is in it, so that links and "back" work. */
import { cell } from "./cell.ts";

/** The tabs of a run. */
export const RUN_TABS = ["overview", "charts", "files", "log"] as const;

/** A tab of a run. */
export type RunTab = typeof RUN_TABS[number];

/** View selected by the address. */
export type View =
  | { readonly name: "runs"; readonly experiment: string | undefined }
  | {
    readonly name: "run";
    readonly experiment: string | undefined;
    readonly id: string;
    readonly tab: RunTab;
    readonly path: string;
  }
  | { readonly name: "compare" }
  | { readonly name: "models"; readonly model: string | undefined }
  | { readonly name: "logged-model"; readonly id: string }
  | { readonly name: "store" }
  | { readonly name: "unknown"; readonly path: string };

/** An address: a view and its state. */
export interface Address {
  readonly view: View;
  readonly query: URLSearchParams;
}

/** Tabs under the names that MLflow's page has for them. */
const TAB_NAMES: Readonly<Record<string, RunTab>> = {
  overview: "overview",
  charts: "charts",
  "model-metrics": "charts",
  "system-metrics": "charts",
  files: "files",
  artifacts: "files",
  artifactPath: "files",
  log: "log",
};

/** Reads the part of an address that follows `#`. */
export function parseAddress(hash: string): Address {
  const text = hash.replace(/^#/, "");
  const mark = text.indexOf("?");
  const path = mark < 0 ? text : text.slice(0, mark);
  const query = new URLSearchParams(mark < 0 ? "" : text.slice(mark + 1));
  const parts = path.split("/").filter((part) => part !== "").map(decode);
  return { view: viewOf(parts, path), query };
}

function viewOf(parts: readonly string[], path: string): View {
  const [first, second, third, fourth, ...rest] = parts;
  if (first === undefined) return { name: "runs", experiment: undefined };
  if (first === "runs") {
    return second === undefined
      ? { name: "runs", experiment: undefined }
      : runView(undefined, second, [third, fourth, ...rest]);
  }
  if (first === "experiments") {
    if (third === "runs" && fourth !== undefined) return runView(second, fourth, rest);
    if (third === "models" && fourth !== undefined) return { name: "logged-model", id: fourth };
    return { name: "runs", experiment: second };
  }
  if (first === "compare") return { name: "compare" };
  if (first === "models") return { name: "models", model: second };
  if (first === "store") return { name: "store" };
  return { name: "unknown", path };
}

function runView(
  experiment: string | undefined,
  id: string,
  rest: readonly (string | undefined)[],
): View {
  const [tab, ...path] = rest.filter((part) => part !== undefined);
  return {
    name: "run",
    experiment,
    id,
    tab: TAB_NAMES[tab ?? "overview"] ?? "overview",
    path: path.join("/"),
  };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Makes the part of an address that follows `#`, with the `#`. */
export function link(
  path: readonly string[],
  query: Readonly<Record<string, string | undefined>> | URLSearchParams = {},
): string {
  const params = query instanceof URLSearchParams ? query : new URLSearchParams();
  if (!(query instanceof URLSearchParams)) {
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined && value !== "") params.set(name, value);
    }
  }
  const text = params.toString();
  return `#/${path.map(encodeURIComponent).join("/")}${text === "" ? "" : `?${text}`}`;
}

/** The address of a run. */
export function runLink(id: string, tab: RunTab = "overview", path = ""): string {
  const segments = path === "" ? [] : path.split("/");
  return link(["runs", id, ...tab === "overview" && path === "" ? [] : [tab], ...segments]);
}

/** The address now. */
export const address = cell<Address>(parseAddress(location.hash));

globalThis.addEventListener("hashchange", () => address.set(parseAddress(location.hash)));

/** Goes to an address. */
export function go(hash: string): void {
  location.hash = hash;
}

/** Address of the table of runs, preserved while a run is open; initially `undefined`. */
export const tableHash = cell<string | undefined>(undefined);

function noteTable(): void {
  if (address.get().view.name === "runs") tableHash.set(location.hash || "#/");
}

noteTable();
address.watch(noteTable);

/** An address with changes of its query: `undefined` takes a name out. */
function withChanges(
  hash: string,
  changes: Readonly<Record<string, string | undefined>>,
): string {
  const mark = hash.indexOf("?");
  const query = new URLSearchParams(mark < 0 ? "" : hash.slice(mark + 1));
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) query.delete(name);
    else query.set(name, value);
  }
  const text = query.toString();
  const path = mark < 0 ? hash : hash.slice(0, mark);
  return `${path === "" ? "#/" : path}${text === "" ? "" : `?${text}`}`;
}

/**
 * Changes the state of the view that is open: `undefined` takes a name out. A change that a user would
 * take back by "back" is `pushed`; the others replace the entry of the history.
 */
export function setQuery(
  changes: Readonly<Record<string, string | undefined>>,
  pushed = false,
): void {
  const next = withChanges(location.hash, changes);
  if (next === location.hash) return;
  history[pushed ? "pushState" : "replaceState"](null, "", next);
  address.set(parseAddress(next));
}

/** Changes the state of the table of runs, also while a run is open beside it. */
export function setTableQuery(
  changes: Readonly<Record<string, string | undefined>>,
  pushed = false,
): void {
  if (address.get().view.name === "runs") setQuery(changes, pushed);
  else tableHash.set(withChanges(tableHash.get() ?? "#/", changes));
}

/** Goes to an address in the place of the one that is shown. */
export function replace(hash: string): void {
  history.replaceState(null, "", hash);
  address.set(parseAddress(hash));
}
