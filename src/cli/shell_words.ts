/** Quoting of words on a shell's command line. */

/** A word without its quotes. */
export interface ShellWord {
  /** Text that the program receives. */
  readonly text: string;
  /** The quote that is open at the end, or empty. */
  readonly open: "" | "'" | '"';
}

/** Removes the quotes of a word in bash or fish syntax. Nothing in it is executed. */
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

/** Quotes text so that bash accepts it after the text already typed. */
export function quote(text: string, open: ShellWord["open"]): string {
  if (open === "'") return text.replaceAll("'", `'\\''`);
  if (open === '"') return text.replace(/[$`"\\!]/g, "\\$&");
  return text.replace(/[\s!"#$&'()*;<>?[\\\]^`{|}~]/g, "\\$&");
}
