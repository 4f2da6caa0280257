/** Source text with its words coloured: enough to find one's way, for most languages alike. */
import type { ComponentChild } from "preact";

const WORDS = new Set(
  ("abstract and as assert async await break case catch class const continue def default defn del do " +
    "elif else end enum except export extends false finally fn for from func function global go if impl " +
    "implements import in include interface is lambda let library local loop match module mut namespace " +
    "new nil None nonlocal not null of or package pass private protected pub public raise require return " +
    "select self static struct super switch then this throw trait True true False try type typeof " +
    "undefined union unsafe use using var void where while with yield").split(" "),
);

/** Maximum length of highlighted text, in characters. */
const MOST = 200_000;

const HASH_COMMENTS =
  /\.(py|r|jl|rb|sh|bash|zsh|fish|ya?ml|toml|pl|cfg|conf|env|gitignore)$|MLmodel$|requirements/i;
const DASH_COMMENTS = /\.(sql|lua|hs)$/i;
const SEMICOLON_COMMENTS = /\.(clj|edn|ini|lisp)$/i;

function pattern(name: string): RegExp {
  const line = HASH_COMMENTS.test(name)
    ? "#.*"
    : DASH_COMMENTS.test(name)
    ? "--.*"
    : SEMICOLON_COMMENTS.test(name)
    ? ";.*"
    : "\\/\\/.*|\\/\\*[\\s\\S]*?\\*\\/";
  return new RegExp(
    `(?<comment>${line})|(?<string>"""[\\s\\S]*?"""|'''[\\s\\S]*?'''|"(?:\\\\.|[^"\\\\\\n])*"|` +
      `'(?:\\\\.|[^'\\\\\\n])*'|\`(?:\\\\.|[^\`\\\\])*\`)|` +
      "(?<number>\\b\\d[\\w.]*(?:[eE][+-]?\\d+)?)|(?<word>[A-Za-z_][\\w]*)",
    "g",
  );
}

/** Colours source text. */
export function highlight(text: string, name: string): ComponentChild[] {
  if (text.length > MOST || /\.(txt|log)$/i.test(name)) return [text];
  const parts: ComponentChild[] = [];
  let [at, plain] = [0, ""];
  for (const match of text.matchAll(pattern(name))) {
    const { comment, string, number, word } = match.groups!;
    const kind = comment !== undefined
      ? "comment"
      : string !== undefined
      ? "string"
      : number !== undefined
      ? "number"
      : WORDS.has(word!)
      ? "word"
      : undefined;
    plain += text.slice(at, match.index);
    if (kind === undefined) plain += match[0];
    else {
      if (plain !== "") parts.push(plain);
      plain = "";
      parts.push(<span class={`hl-${kind}`}>{match[0]}</span>);
    }
    at = match.index + match[0].length;
  }
  parts.push(plain + text.slice(at));
  return parts;
}
