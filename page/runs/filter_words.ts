/** Completion of filters, and interpretation of plain words. */
import type { ColumnNames } from "../types.ts";

/** What can stand where the cursor is. */
export interface Completion {
  /** Where the word that it replaces begins. */
  readonly start: number;
  /** Where that word ends. */
  readonly end: number;
  /** What can stand there. */
  readonly words: readonly string[];
}

const ATTRIBUTES = ["status", "name", "start_time", "duration", "user", "id", "error"];
const STATUSES = ["running", "completed", "failed"];
const ORDER = ["<", "<=", "=", "!=", ">=", ">"];
const TEXT = ["=", "!=", "LIKE", "ILIKE"];

/** How many words are offered. */
const MOST = 50;

/** A name as the grammar takes it: in backquotes where it is more than a word. */
function nameOf(entity: string, key: string): string {
  return /^[A-Za-z_][\w.]*$/.test(key) ? `${entity}.${key}` : `${entity}.\`${key}\``;
}

/** All names that a filter can begin a clause with. */
function namesOf(columns: ColumnNames): string[] {
  return [
    ...columns.metrics.map((key) => nameOf("metrics", key)),
    ...columns.params.map((key) => nameOf("params", key)),
    ...ATTRIBUTES.map((key) => `attributes.${key}`),
    ...columns.tags.map((key) => nameOf("tags", key)),
  ].filter((name) => !name.includes("\n"));
}

/** Finds what can stand at a place of a filter. */
export function complete(text: string, at: number, columns: ColumnNames): Completion {
  const before = text.slice(0, at);
  const clause = before.slice(lastAnd(before));
  const word = /[^\s<>=!]*$/.exec(clause)![0];
  const rest = clause.slice(0, clause.length - word.length);
  const start = at - word.length;
  const after = /^[^\s<>=!]*/.exec(text.slice(at))![0];
  const offer = (words: readonly string[]) => ({
    start,
    end: at + after.length,
    words: rank(words, word),
  });
  const name = /^\s*(\S+\.(?:`[^`]*`|"[^"]*"|\S+))\s/.exec(clause)?.[1];
  if (name === undefined || name === word) return offer(namesOf(columns));
  const isNumber = /^(metrics?|attributes?\.(start_time|duration))\b/.test(name);
  const operator = /^\s*\S+\.(?:`[^`]*`|"[^"]*"|\S+)\s+(<=|>=|!=|=|<|>|I?LIKE)\s*/i.exec(clause);
  if (!operator) return rest.trim() === name ? offer(isNumber ? ORDER : TEXT) : offer([]);
  const value = clause.slice(operator[0].length);
  if (/^attributes?\.status$/.test(name) && !/'\s/.test(value)) {
    return offer(STATUSES.map((status) => `'${status}'`));
  }
  return /^('[^']*'|[\d.e+-]+)\s+\S*$/i.test(value) ? offer(["AND"]) : offer([]);
}

function lastAnd(text: string): number {
  let found = 0;
  for (const match of text.matchAll(/\band\s+/gi)) found = match.index + match[0].length;
  return found;
}

function rank(words: readonly string[], typed: string): string[] {
  const low = typed.toLowerCase();
  const [first, second]: [string[], string[]] = [[], []];
  for (const word of words) {
    const text = word.toLowerCase();
    if (text === low) continue;
    const name = text.slice(text.indexOf(".") + 1);
    if (text.startsWith(low) || name.startsWith(low)) first.push(word);
    else if (low !== "" && text.includes(low)) second.push(word);
  }
  return [...first, ...second].slice(0, MOST);
}

/** Returns the filter for typed text. Plain words find runs by name. */
export function filterOf(text: string): string {
  const typed = text.trim();
  if (typed === "" || /[<>=]|\b(i?like|in|is)\b|^\s*\w+\.\S+$/i.test(typed)) return typed;
  return `attributes.name ILIKE '%${typed.replaceAll("'", "")}%'`;
}
