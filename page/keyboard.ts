/** Keys that work wherever nothing is typed. */
import { useEffect, useRef } from "preact/hooks";

/** What keys do: by the value of `KeyboardEvent.key`. */
export type Keys = Readonly<Record<string, (event: KeyboardEvent) => void>>;

/** The keys, for the help. */
export const KEY_HELP: readonly (readonly [keys: string, words: string])[] = [
  ["/", "Filter runs"],
  ["j  k", "Move down and up"],
  ["x", "Select the run"],
  ["Enter", "Open the run"],
  ["Esc", "Back"],
  ["c", "Compare the selected runs"],
  ["e", "Archive the selected runs"],
  ["1 2 3 4", "Tabs of a run: overview, charts, files, log"],
  ["← →", "Move along a chart that has the focus"],
  ["g r  g m  g s", "Go to runs, models, store"],
  ["t", "Light or dark"],
  ["?", "This help"],
];

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement &&
    (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) &&
        !["checkbox", "radio", "button"].includes((target as HTMLInputElement).type));
}

/** Listens for keys while the component is shown and `active`. */
export function useKeys(keys: Keys, active = true): void {
  const newest = useRef(keys);
  newest.current = keys;
  useEffect(() => {
    if (!active) return;
    const listener = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
      if (isTyping(event.target) || document.querySelector("dialog[open]")) return;
      newest.current[event.key]?.(event);
    };
    document.addEventListener("keydown", listener);
    return () => document.removeEventListener("keydown", listener);
  }, [active]);
}
