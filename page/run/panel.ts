/** Whether a run opens beside the table. */
import { cell } from "../cell.ts";
import { keep, readKept } from "../kept.ts";

const KEY = "chachaml-panel";
const query = matchMedia("(min-width: 1200px)");

/** Whether there is room for a run beside the table. */
export const isWide = cell(query.matches);

query.addEventListener("change", () => isWide.set(query.matches));

/** Whether the user wants it there, rather than in the whole page. */
export const isPanelWanted = cell(readKept(KEY) !== "off");

/** Changes between the two, and remembers it. */
export function togglePanel(): void {
  isPanelWanted.set(!isPanelWanted.get());
  keep(KEY, isPanelWanted.get() ? "on" : "off");
}
