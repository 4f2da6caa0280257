/** Words as a shell has them on its line: with quotes and backslashes. */

/** A word without its quotes. */
export interface ShellWord {
  /** What the program would be given. */
  readonly text: string;
  /** The quote that is still open at its end, or nothing. */
  readonly open: "" | "'" | '"';
}

/** Takes the quotes off a word as bash and fish write it; nothing in it is ever run. */
export function unquote(word: string): ShellWord {
  let text = "";
  let open: ShellWord["open"] = "";
  for (let at = 0; at < word.length; at++) {
    const character = word[at]!;
    if (character === open) open = "";
    else if (open === "" && (character === "'" || character === '"')) open = character;
    else if (character === "\\" && open !== "'" && at + 1 < word.length) text += word[++at];
    else text += character;
  }
  return { text, open };
}

/** Writes text as bash takes it up behind what is typed already. */
export function quote(text: string, open: ShellWord["open"]): string {
  if (open === "'") return text.replaceAll("'", `'\\''`);
  if (open === '"') return text.replace(/[$`"\\!]/g, "\\$&");
  return text.replace(/[\s!"#$&'()*;<>?[\\\]^`{|}~]/g, "\\$&");
}
