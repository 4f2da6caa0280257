/** Changing what people may change of a run: its name, its note, its tags, whether it is archived. */
import { useState } from "preact/hooks";
import { messageOf, post, segment } from "../api.ts";
import { useCell } from "../cell.ts";
import { Markdown } from "../markdown.tsx";
import { Dialog } from "../parts.tsx";
import { canWrite, storeInfo } from "../store_info.ts";
import type { Changed, RunDetail } from "../types.ts";
import { isOwnTag, noteOf } from "./overview.tsx";

/** The buttons of those who may change runs. */
export function EditButton({ run, onChanged }: { run: RunDetail; onChanged: () => void }) {
  useCell(storeInfo);
  const [open, setOpen] = useState(false);
  const [error, setError] = useState("");
  if (!canWrite()) return null;
  const isArchived = run.status === "archived";
  const archive = async () => {
    try {
      const path = `/api/runs/${isArchived ? "unarchive" : "archive"}`;
      const { failed = [] } = await post<Changed>(path, { ids: [run.id] });
      setError(failed[0]?.error ?? "");
      onChanged();
    } catch (problem) {
      setError(messageOf(problem));
    }
  };
  return (
    <>
      {error !== "" && <span class="error" role="alert">{error}</span>}
      <button type="button" onClick={() => setOpen(true)}>Edit</button>
      <button type="button" onClick={() => void archive()}>
        {isArchived ? "Unarchive" : "Archive"}
      </button>
      {open && (
        <EditDialog
          run={run}
          onClose={() => setOpen(false)}
          onSaved={() => {
            setOpen(false);
            onChanged();
          }}
        />
      )}
    </>
  );
}

interface Tag {
  readonly key: string;
  readonly value: string;
  /** Whether the run has it already. */
  readonly isOld: boolean;
}

function EditDialog({ run, onClose, onSaved }: {
  run: RunDetail;
  onClose: () => void;
  onSaved: () => void;
}) {
  const before = Object.entries(run.tags ?? {}).filter(([key]) => isOwnTag(key));
  const [name, setName] = useState(run.name ?? "");
  const [note, setNote] = useState(noteOf(run));
  const [tags, setTags] = useState<readonly Tag[]>(
    before.map(([key, value]) => ({ key, value, isOld: true })),
  );
  const [preview, setPreview] = useState(false);
  const [error, setError] = useState("");
  const change = (at: number, part: Partial<Tag>) =>
    setTags(tags.map((tag, index) => index === at ? { ...tag, ...part } : tag));
  const save = async (event: Event) => {
    event.preventDefault();
    const old = Object.fromEntries(before);
    const now = Object.fromEntries(
      tags.filter(({ key }) => key.trim() !== "").map(({ key, value }) => [key.trim(), value]),
    );
    const changed = {
      ...Object.fromEntries(Object.entries(now).filter(([key, value]) => old[key] !== value)),
      ...Object.fromEntries(
        Object.keys(old).filter((key) => !(key in now)).map((key) => [key, null]),
      ),
    };
    try {
      await post(`/api/runs/${segment(run.id)}/edit`, {
        ...name !== (run.name ?? "") && { name },
        ...note !== noteOf(run) && { note },
        ...Object.keys(changed).length > 0 && { tags: changed },
      });
      onSaved();
    } catch (problem) {
      setError(messageOf(problem));
    }
  };
  return (
    <Dialog title="Edit run" onClose={onClose}>
      <form class="stack" onSubmit={(event) => void save(event)}>
        <label class="field">
          <span>Name</span>
          <input value={name} dir="auto" onInput={(event) => setName(event.currentTarget.value)} />
        </label>
        <div class="field">
          <div class="field-head">
            <label for="edit-note">Note, in Markdown</label>
            <button
              type="button"
              class="quiet push"
              aria-pressed={preview}
              onClick={() => setPreview(!preview)}
            >
              {preview ? "Write" : "Preview"}
            </button>
          </div>
          {preview
            ? (
              <div class="note">
                <Markdown text={note} />
              </div>
            )
            : (
              <textarea
                id="edit-note"
                rows={8}
                dir="auto"
                value={note}
                onInput={(event) => setNote(event.currentTarget.value)}
              />
            )}
        </div>
        <fieldset class="tags-edit">
          <legend>Tags</legend>
          {tags.map(({ key, value, isOld }, at) => (
            <div class="tag-row" key={at}>
              <input
                aria-label={`Name of tag ${at + 1}`}
                value={key}
                readOnly={isOld}
                onInput={(event) => change(at, { key: event.currentTarget.value })}
              />
              <input
                aria-label={`Value of tag ${key || at + 1}`}
                value={value}
                dir="auto"
                onInput={(event) => change(at, { value: event.currentTarget.value })}
              />
              <button
                type="button"
                class="quiet icon"
                aria-label={`Remove tag ${key || at + 1}`}
                onClick={() => setTags(tags.filter((_, index) => index !== at))}
              >
                ×
              </button>
            </div>
          ))}
          <button
            type="button"
            class="quiet"
            onClick={() => setTags([...tags, { key: "", value: "", isOld: false }])}
          >
            + Add a tag
          </button>
        </fieldset>
        <p class="error" role="alert">{error}</p>
        <button type="submit" class="primary">Save</button>
      </form>
    </Dialog>
  );
}
