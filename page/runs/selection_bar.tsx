/** The line below the table: how many runs there are, and what can be done with those selected. */
import type { Ref } from "preact";
import { useImperativeHandle, useState } from "preact/hooks";
import { messageOf, post, type Query, segment, urlOf } from "../api.ts";
import { count } from "../format.ts";
import { Dialog, Menu } from "../parts.tsx";
import { link } from "../route.ts";
import { report } from "../report/data.ts";
import { canWrite } from "../store_info.ts";
import type { Changed, Row } from "../types.ts";

/** Most runs that are compared. */
const MOST_COMPARED = 100;

/** Most runs that an address has room to name. */
const MOST_NAMED = 200;

/** The line. */
export function SelectionBar(
  { bar, ids, total, groups, partial, loaded, experiment, search, onClear, onChanged }: {
    bar: Ref<{ archive: () => void }>;
    ids: readonly string[];
    total: number | undefined;
    groups: number | undefined;
    partial: number | undefined;
    loaded: readonly Row[];
    experiment: string | undefined;
    /** Query of the table. */
    search: Query;
    onClear: () => void;
    onChanged: () => void;
  },
) {
  const [asks, setAsks] = useState<"tag" | "remove">();
  const [error, setError] = useState("");
  const chosen = new Set(ids);
  const rows = loaded.filter(({ id }) => chosen.has(id));
  const isArchived = rows.length > 0 && rows.every(({ status }) => status === "archived");
  const run = async (path: string, body: unknown) => {
    try {
      const { failed = [] } = await post<Changed>(path, body);
      const more = failed.length > 1 ? ` (and ${failed.length - 1} more)` : "";
      setError(failed.length === 0 ? "" : failed[0]!.error + more);
      onChanged();
    } catch (problem) {
      setError(messageOf(problem));
    }
  };
  const archive = () => {
    if (ids.length > 0 && canWrite()) {
      void run(`/api/runs/${isArchived ? "unarchive" : "archive"}`, { ids });
    }
  };
  useImperativeHandle(bar, () => ({ archive }));
  const some = ids.length > 0;
  const what = some ? { ids: ids.join() } : { ...search, limit: total };
  const isFiltered = !some && search["filter"] !== "";
  return (
    <footer class="bar">
      <span class="counts" role="status">
        {groups !== undefined && `${count(groups, "group")} of `}
        {total === undefined ? "" : count(total, "run")}
        {partial !== undefined && `, the first ${partial} grouped`}
        {some && <strong>{` · ${ids.length} selected`}</strong>}
      </span>
      {some && (
        <>
          <a
            class="button primary"
            href={link(["compare"], { runs: ids.slice(0, MOST_COMPARED).join() })}
          >
            Compare
          </a>
          {canWrite() && (
            <>
              <button type="button" onClick={() => setAsks("tag")}>Tag</button>
              <button type="button" onClick={archive}>
                {isArchived ? "Unarchive" : "Archive"}
              </button>
              {isArchived && (
                <button type="button" class="danger" onClick={() => setAsks("remove")}>
                  Remove
                </button>
              )}
            </>
          )}
        </>
      )}
      {(total ?? 0) > 0 && !report && (
        <Menu label="Export" end>
          {(close) => (
            <ul class="links">
              {ids.length <= MOST_NAMED &&
                [["csv", "CSV: params and metrics"], ["json", "JSON"], ["tar", "tar, with files"]]
                  .map(([format, words]) => (
                    <li key={format}>
                      <a href={urlOf("/api/export", { format, ...what })} download onClick={close}>
                        {words}
                      </a>
                    </li>
                  ))}
              <li class="dim">
                {ids.length > MOST_NAMED
                  ? `Select up to ${MOST_NAMED} runs, or none to export all that are shown`
                  : some
                  ? count(ids.length, "run")
                  : isFiltered
                  ? `the ${count(total ?? 0, "run")} of this filter`
                  : experiment === undefined
                  ? "all runs"
                  : `all runs of ${experiment}`}
              </li>
            </ul>
          )}
        </Menu>
      )}
      {some && <button type="button" class="quiet" onClick={onClear}>Clear</button>}
      {error !== "" && <span class="error" role="alert">{error}</span>}
      {asks === "tag" && (
        <TagDialog
          count={ids.length}
          onClose={() => setAsks(undefined)}
          onTag={async (key, value) => {
            for (const id of ids) {
              await post(`/api/runs/${segment(id)}/edit`, { tags: { [key]: value } });
            }
            onChanged();
          }}
        />
      )}
      {asks === "remove" && (
        <Dialog
          title={`Remove ${count(ids.length, "run")}`}
          onClose={() => setAsks(undefined)}
        >
          <p>Their params, metrics and files are gone for good.</p>
          <button
            type="button"
            class="danger"
            onClick={() => {
              setAsks(undefined);
              void run("/api/runs/remove", { ids });
            }}
          >
            Remove {count(ids.length, "run")}
          </button>
        </Dialog>
      )}
    </footer>
  );
}

function TagDialog({ count: number, onClose, onTag }: {
  count: number;
  onClose: () => void;
  onTag: (key: string, value: string) => Promise<void>;
}) {
  const [error, setError] = useState("");
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    try {
      await onTag(String(form.get("key")).trim(), String(form.get("value")));
      onClose();
    } catch (problem) {
      setError(messageOf(problem));
    }
  };
  return (
    <Dialog title={`Tag ${count(number, "run")}`} onClose={onClose}>
      <form class="stack" onSubmit={(event) => void submit(event)}>
        <label class="field">
          <span>Tag</span>
          <input name="key" required maxLength={200} />
        </label>
        <label class="field">
          <span>Value</span>
          <input name="value" />
        </label>
        <p class="error" role="alert">{error}</p>
        <button type="submit" class="primary">Tag</button>
      </form>
    </Dialog>
  );
}
