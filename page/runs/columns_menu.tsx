/** The menu of columns: which are shown, in which order, which stay in sight. */
import { useState } from "preact/hooks";
import { Menu, SearchField } from "../parts.tsx";
import type { ColumnNames } from "../types.ts";
import { allColumns, columnOf } from "./columns.ts";

/** Most that a group lists; more are found by the search. */
const MOST = 60;

/** The menu. */
export function ColumnsMenu({ names, shown, pinned, onChange, onPin, onReset }: {
  names: ColumnNames;
  shown: readonly string[];
  pinned: ReadonlySet<string>;
  onChange: (columns: readonly string[]) => void;
  onPin: (column: string) => void;
  onReset: () => void;
}) {
  return (
    <Menu label="Columns" end>
      {() => (
        <Panel
          names={names}
          shown={shown}
          pinned={pinned}
          onChange={onChange}
          onPin={onPin}
          onReset={onReset}
        />
      )}
    </Menu>
  );
}

function Panel({ names, shown, pinned, onChange, onPin, onReset }: {
  names: ColumnNames;
  shown: readonly string[];
  pinned: ReadonlySet<string>;
  onChange: (columns: readonly string[]) => void;
  onPin: (column: string) => void;
  onReset: () => void;
}) {
  const [search, setSearch] = useState("");
  const low = search.toLowerCase();
  const move = (at: number, by: number) => {
    const columns = [...shown];
    const [column] = columns.splice(at, 1);
    columns.splice(at + by, 0, column!);
    onChange(columns);
  };
  return (
    <div class="columns-menu">
      <SearchField label="Search columns" value={search} onSearch={setSearch} />
      <div class="scroll">
        {low === "" && (
          <fieldset>
            <legend>Shown</legend>
            {shown.map((id, at) => {
              const { label, kind, part } = columnOf(id);
              return (
                <div class="row" key={id}>
                  <label title={id}>
                    <input
                      type="checkbox"
                      checked
                      onChange={() => onChange(shown.filter((other) => other !== id))}
                    />
                    <bdi>{label}</bdi>
                    <span class="dim">{kind === "field" || part !== "last" ? "" : kind}</span>
                  </label>
                  <button
                    type="button"
                    class="quiet icon"
                    aria-pressed={pinned.has(id)}
                    aria-label={`Pin ${label}`}
                    title="Keep in sight at the left"
                    onClick={() => onPin(id)}
                  >
                    {pinned.has(id) ? "◆" : "◇"}
                  </button>
                  <button
                    type="button"
                    class="quiet icon"
                    aria-label={`Move ${label} left`}
                    disabled={at === 0}
                    onClick={() => move(at, -1)}
                  >
                    ↑
                  </button>
                  <button
                    type="button"
                    class="quiet icon"
                    aria-label={`Move ${label} right`}
                    disabled={at === shown.length - 1}
                    onClick={() => move(at, 1)}
                  >
                    ↓
                  </button>
                </div>
              );
            })}
          </fieldset>
        )}
        {allColumns(names).map(([heading, ids]) => {
          const matching = ids.filter((id) =>
            !shown.includes(id) && id.toLowerCase().includes(low)
          );
          if (matching.length === 0) return null;
          return (
            <fieldset key={heading}>
              <legend>{heading}</legend>
              {matching.slice(0, MOST).map((id) => (
                <div class="row" key={id}>
                  <label title={id}>
                    <input
                      type="checkbox"
                      checked={false}
                      onChange={() => onChange([...shown, id])}
                    />
                    <bdi>{columnOf(id).label}</bdi>
                  </label>
                </div>
              ))}
              {matching.length > MOST && (
                <p class="dim">{matching.length - MOST} more; search for them</p>
              )}
            </fieldset>
          );
        })}
        {names.truncated && <p class="dim">The store has more names than are listed here.</p>}
      </div>
      <button type="button" class="quiet" onClick={onReset}>Usual columns</button>
    </div>
  );
}
