/** Small parts that all views use. */
import type { ComponentChildren, TargetedKeyboardEvent } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { colorIndex } from "./colors.ts";
import { formatAgo, formatTime } from "./format.ts";

/** The words for statuses. */
const WORDS: Readonly<Record<string, string>> = { completed: "done" };

/** The word for a status. */
export function statusWord(status: string): string {
  return WORDS[status] ?? status;
}

/** Status of a run, as a dot and a word. */
export function Status({ status, dead }: { status: string; dead?: boolean | undefined }) {
  const word = dead && status === "running" ? "dead" : statusWord(status);
  return (
    <span
      class={`status status-${
        ["done", "running", "failed", "dead"].includes(word) ? word : "other"
      }`}
      title={word === "dead" ? "Its process ended without a word" : undefined}
    >
      <span class="dot" aria-hidden="true" />
      {word}
    </span>
  );
}

/** The colour of a run, as in every chart. */
export function Swatch({ id }: { id: string }) {
  return <span class={`swatch swatch-${colorIndex(id)}`} aria-hidden="true" />;
}

/** A time as its distance from now; the exact one on hover. */
export function Ago({ time }: { time: number }) {
  const [, render] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => render((n) => n + 1), 30_000);
    return () => clearInterval(timer);
  }, []);
  return (
    <time dateTime={new Date(time).toISOString()} title={formatTime(time)}>
      {formatAgo(time, Date.now())}
    </time>
  );
}

/** What went wrong, and a button to try again. */
export function Problem({ words, retry }: { words: string; retry?: (() => void) | undefined }) {
  return (
    <div class="problem" role="alert">
      <span>{words}</span>
      {retry && <button type="button" class="quiet" onClick={retry}>Try again</button>}
    </div>
  );
}

/** The shape of what comes. */
export function Skeleton({ rows, label = "Loading" }: { rows: number; label?: string }) {
  return (
    <div class="skeleton" role="status" aria-label={label}>
      {Array.from({ length: rows }, (_, at) => <div key={at} class={`bone bone-${at % 4}`} />)}
    </div>
  );
}

/** Words where there is nothing to show. */
export function Empty({ children }: { children: ComponentChildren }) {
  return <div class="empty">{children}</div>;
}

/** Text that is copied by a click. */
export function Copy({ text, shown = text, label }: {
  text: string;
  shown?: string;
  label: string;
}) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard?.writeText(text).then(() => setCopied(true), () => {});
    setTimeout(() => setCopied(false), 1500);
  };
  return (
    <button
      type="button"
      class="copy mono"
      title={text}
      aria-label={`${shown}: copy ${label}`}
      onClick={copy}
    >
      <span>{shown}</span>
      <span class="copied" role="status">{copied ? "copied" : ""}</span>
    </button>
  );
}

/** A button that opens a panel below itself. */
export function Menu({ label, children, end = false, title }: {
  label: ComponentChildren;
  title?: string;
  end?: boolean;
  children: (close: () => void) => ComponentChildren;
}) {
  const [open, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (!open) return;
    const outside = (event: Event) => {
      if (!root.current?.contains(event.target as Node)) setOpen(false);
    };
    document.addEventListener("pointerdown", outside);
    root.current?.querySelector<HTMLElement>(".menu-panel :is(input, button, select, a)")?.focus();
    return () => document.removeEventListener("pointerdown", outside);
  }, [open]);
  const close = () => {
    setOpen(false);
    button.current?.focus();
  };
  const onKeyDown = (event: TargetedKeyboardEvent<HTMLDivElement>) => {
    if (event.key !== "Escape" || !open) return;
    event.stopPropagation();
    close();
  };
  return (
    <div class="menu" ref={root} onKeyDown={onKeyDown}>
      <button
        type="button"
        ref={button}
        class="quiet"
        title={title}
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      >
        {label} <span class="caret" aria-hidden="true">▾</span>
      </button>
      {open && <div class={`menu-panel${end ? " menu-end" : ""}`}>{children(close)}</div>}
    </div>
  );
}

/** A window over the page. `Esc` closes it; the keyboard stays inside. */
export function Dialog({ title, onClose, children }: {
  title: string;
  onClose: () => void;
  children: ComponentChildren;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    dialog.current?.showModal();
    return () => (before as HTMLElement | null)?.focus?.();
  }, []);
  return (
    <dialog
      ref={dialog}
      aria-label={title}
      onClose={onClose}
      onKeyDown={(event) => event.stopPropagation()}
      onClick={(event) => {
        if (event.target === dialog.current) dialog.current?.close();
      }}
    >
      <div class="dialog-body">
        <header>
          <h2>{title}</h2>
          <button type="button" class="quiet" onClick={() => dialog.current?.close()}>
            Close
          </button>
        </header>
        {children}
      </div>
    </dialog>
  );
}

/** Tabs as links: each has an address. */
export function Tabs({ label, tabs, current }: {
  label: string;
  tabs: readonly (readonly [name: string, href: string, extra?: string])[];
  current: string;
}) {
  return (
    <nav class="tabs" aria-label={label}>
      {tabs.map(([name, href, extra]) => (
        <a key={name} href={href} aria-current={name === current ? "page" : undefined}>
          {name}
          {extra !== undefined && <span class="extra">{extra}</span>}
        </a>
      ))}
    </nav>
  );
}

/** A choice of one of several values. */
export function Choice({ label, value, options, onChange }: {
  label: string;
  value: string;
  options: readonly (readonly [value: string, words: string])[];
  onChange: (value: string) => void;
}) {
  return (
    <label class="choice">
      <span>{label}</span>
      <select value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        {options.map(([name, words]) => <option key={name} value={name}>{words}</option>)}
      </select>
    </label>
  );
}

/** A search field. */
export function SearchField({ label, placeholder = label, value, onSearch }: {
  label: string;
  placeholder?: string;
  value: string;
  onSearch: (text: string) => void;
}) {
  return (
    <input
      type="search"
      aria-label={label}
      placeholder={placeholder}
      value={value}
      onInput={({ currentTarget }) => onSearch(currentTarget.value)}
    />
  );
}
