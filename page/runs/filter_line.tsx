/** The line that runs are filtered by. */
import type { TargetedKeyboardEvent } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { ApiError } from "../api.ts";
import type { ColumnNames } from "../types.ts";
import { complete, type Completion } from "./filter_words.ts";

/** Delay after the last keystroke before a filter is applied, in milliseconds. */
const PATIENCE = 500;

/** A filter, with completion, and its error in place. */
export function FilterLine({ value, columns, error, onChange }: {
  value: string;
  columns: ColumnNames;
  error: ApiError | undefined;
  onChange: (filter: string) => void;
}) {
  const [text, setText] = useState(value);
  const [offers, setOffers] = useState<Completion>();
  const [chosen, setChosen] = useState(-1);
  const input = useRef<HTMLInputElement>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const sent = useRef(value);
  useEffect(() => {
    // The address has changed, not by this line.
    if (value !== sent.current) setText(sent.current = value);
  }, [value]);
  useEffect(() => {
    // Names may arrive, or become more, while somebody types.
    if (offers) setOffers(complete(text, input.current?.selectionStart ?? text.length, columns));
  }, [columns]);
  const caret = useRef<number>(undefined);
  useLayoutEffect(() => {
    // Before the next key is handled, which would go to the end of the line otherwise.
    if (caret.current !== undefined) input.current?.setSelectionRange(caret.current, caret.current);
    caret.current = undefined;
  }, [text]);
  const send = (filter: string) => {
    clearTimeout(timer.current);
    sent.current = filter;
    onChange(filter);
  };
  const type = (next: string, at: number) => {
    setText(next);
    setOffers(complete(next, at, columns));
    setChosen(-1);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => send(next), PATIENCE);
  };
  const take = (word: string) => {
    const { start, end } = offers!;
    const space = text[end] === " " ? "" : " ";
    const next = text.slice(0, start) + word + space + text.slice(end);
    const at = start + word.length + 1;
    caret.current = at;
    type(next, at);
  };
  const words = offers?.words ?? [];
  const open = words.length > 0;
  const onKeyDown = (event: TargetedKeyboardEvent<HTMLInputElement>) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!open) return setOffers(complete(text, event.currentTarget.selectionStart ?? 0, columns));
      const step = event.key === "ArrowDown" ? 1 : -1;
      setChosen((chosen + step + words.length + 1) % (words.length + 1));
    } else if ((event.key === "Enter" || event.key === "Tab") && open && words[chosen]) {
      event.preventDefault();
      take(words[chosen]!);
    } else if (event.key === "Enter") {
      setOffers(undefined);
      send(text);
    } else if (event.key === "Escape") {
      event.stopPropagation();
      if (open) setOffers(undefined);
      else if (text !== "") {
        setText("");
        send("");
      } else event.currentTarget.blur();
    }
  };
  const where = error?.position;
  return (
    <div class={`filter${error ? " wrong" : ""}`}>
      <input
        ref={input}
        id="filter"
        type="text"
        role="combobox"
        aria-label="Filter runs"
        aria-expanded={open}
        aria-controls="filter-offers"
        aria-autocomplete="list"
        aria-activedescendant={open && chosen >= 0 ? `offer-${chosen}` : undefined}
        aria-invalid={error !== undefined}
        aria-describedby={error ? "filter-error" : undefined}
        placeholder="Filter: a name, or metrics.loss < 0.5 AND params.lr = '0.1'"
        value={text}
        spellcheck={false}
        autocomplete="off"
        onInput={({ currentTarget }) =>
          type(currentTarget.value, currentTarget.selectionStart ?? currentTarget.value.length)}
        onKeyDown={onKeyDown}
        onBlur={() => setOffers(undefined)}
      />
      {text === "" && <kbd class="hint" aria-hidden="true">/</kbd>}
      <ul id="filter-offers" role="listbox" aria-label="Completions" hidden={!open}>
        {words.map((word, at) => (
          <li
            key={word}
            id={`offer-${at}`}
            role="option"
            aria-selected={at === chosen}
            ref={at === chosen ? (item) => item?.scrollIntoView({ block: "nearest" }) : null}
            onPointerDown={(event) => {
              event.preventDefault();
              take(word);
            }}
          >
            {word}
          </li>
        ))}
      </ul>
      {error && !open && (
        <div id="filter-error" class="filter-error" role="alert">
          {where !== undefined && (
            <div class="where mono" aria-hidden="true">
              {text.slice(0, where)}
              <mark>{text.slice(where) || " "}</mark>
            </div>
          )}
          {error.message}
        </div>
      )}
    </div>
  );
}
