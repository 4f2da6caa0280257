/** Whether a run opens beside the table. */
import { cell } from "../cell.ts";

const KEY = "chachaml-panel";
const query = matchMedia("(min-width: 1200px)");

function stored(): boolean {
  try {
    return localStorage.getItem(KEY) !== "off";
  } catch {
    return true; // A browser may keep nothing.
  }
}

/** Whether there is room for a run beside the table. */
export const isWide = cell(query.matches);

query.addEventListener("change", () => isWide.set(query.matches));

/** Whether the user wants it there, rather than in the whole page. */
export const isPanelWanted = cell(stored());

/** Changes between the two, and remembers it. */
export function togglePanel(): void {
  isPanelWanted.set(!isPanelWanted.get());
  try {
    localStorage.setItem(KEY, isPanelWanted.get() ? "on" : "off");
  } catch {
    // It holds until the page is closed.
  }
}
