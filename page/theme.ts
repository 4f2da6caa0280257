/** Light or dark. */
import { cell } from "./cell.ts";
import { keep, readKept } from "./kept.ts";

const KEY = "chachaml-theme";
const wish = matchMedia("(prefers-color-scheme: dark)");

function stored(): "light" | "dark" | undefined {
  const value = readKept(KEY);
  return value === "light" || value === "dark" ? value : undefined;
}

/** The theme that is shown: the user's choice, else the system's. */
export const theme = cell<"light" | "dark">(stored() ?? (wish.matches ? "dark" : "light"));

function show(): void {
  document.documentElement.dataset["theme"] = theme.get();
}

show();
theme.watch(show);
wish.addEventListener("change", () => {
  if (!stored()) theme.set(wish.matches ? "dark" : "light");
});

/** Changes to the other theme and remembers it. */
export function toggleTheme(): void {
  theme.set(theme.get() === "dark" ? "light" : "dark");
  keep(KEY, theme.get());
}
