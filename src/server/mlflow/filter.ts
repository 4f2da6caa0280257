/** The filters and orders of MLflow's searches. */
import type { Clause, Comparison, Entity, SortKey } from "../../metadata/mlflow_query.ts";
import { quoted, type Token, tokenize } from "./filter_tokens.ts";
import { invalid } from "./mlflow_error.ts";

const ENTITIES: Readonly<Record<string, Entity>> = {
  attribute: "attribute",
  attributes: "attribute",
  attr: "attribute",
  run: "attribute",
  metric: "metric",
  metrics: "metric",
  param: "param",
  params: "param",
  parameter: "param",
  parameters: "param",
  tag: "tag",
  tags: "tag",
  dataset: "dataset",
  datasets: "dataset",
};

const EQUALITY: readonly Comparison[] = ["=", "!=", "LIKE", "ILIKE"];
const LISTS: readonly Comparison[] = ["IN", "NOT IN"];
const ORDER: readonly Comparison[] = ["=", "!=", "<", "<=", ">", ">="];
const PRESENCE: readonly Comparison[] = ["IS NULL", "IS NOT NULL"];

/** What can be searched, and how: an attribute by its names, other entities as a whole. */
export interface Grammar {
  /** What is searched, for messages. */
  readonly noun: string;
  /** Attributes of text, each with its other names; those in `lists` take IN and NOT IN too. */
  readonly texts: Readonly<Record<string, readonly string[]>>;
  /** Attributes that are numbers, each with its other names. */
  readonly numbers: Readonly<Record<string, readonly string[]>>;
  /** Attributes of text that take IN and NOT IN. */
  readonly lists: readonly string[];
  /** Entities other than attributes. */
  readonly entities: readonly Entity[];
}

/**
 * Parses a filter: `metrics.loss < 0.1 AND tags.owner = 'ana'`.
 *
 * @throws {MlflowError} If it breaks the grammar.
 */
export function parseFilter(filter: string | undefined, grammar: Grammar): Clause[] {
  const tokens = tokenize(filter ?? "");
  const clauses: Clause[] = [];
  const reader = new TokenReader(tokens);
  while (!reader.atEnd) {
    if (clauses.length > 0 && !reader.takeWord("AND")) {
      throw invalid(`Invalid clause(s) in filter string: expected AND before ${reader.rest()}`);
    }
    clauses.push(readClause(reader, grammar));
  }
  return clauses;
}

/**
 * Parses an order: `metrics.loss ASC`.
 *
 * @throws {MlflowError} If it breaks the grammar, or names something twice.
 */
export function parseOrder(orders: readonly string[], grammar: Grammar): SortKey[] {
  const seen = new Set<string>();
  return orders.map((order) => {
    const reader = new TokenReader(tokenize(order));
    const { entity, key } = readName(reader, grammar);
    const descending = reader.takeWord("DESC");
    if (!descending) reader.takeWord("ASC");
    if (!reader.atEnd) {
      throw invalid(`Invalid order_by clause ${quoted(order)}: expected ASC or DESC at its end`);
    }
    const name = `${entity}.${key}`;
    if (seen.has(name)) throw invalid(`order_by contains ${quoted(name)} more than once`);
    seen.add(name);
    return { entity, key, descending };
  });
}

function readClause(reader: TokenReader, grammar: Grammar): Clause {
  const { entity, key } = readName(reader, grammar);
  const comparison = readComparison(reader);
  const isNumber = entity === "metric" || entity === "attribute" && key in grammar.numbers;
  assertComparison(comparison, { entity, key, isNumber }, grammar);
  if (PRESENCE.includes(comparison)) return { entity, key, comparison, value: null };
  if (LISTS.includes(comparison)) return { entity, key, comparison, value: readList(reader) };
  const token = reader.next();
  if (isNumber) {
    const number = token?.type === "number" ? Number(token.text) : NaN;
    if (Number.isNaN(number)) {
      throw invalid(`Expected numeric value type for ${entity} ${quoted(key)}`);
    }
    return { entity, key, comparison, value: number };
  }
  if (token?.type !== "single" && token?.type !== "double") {
    throw invalid(
      `Expected a quoted string value for ${entity} ${quoted(key)}. Got value ${
        quoted(token?.text ?? "")
      }`,
    );
  }
  return { entity, key, comparison, value: token.text };
}

function assertComparison(
  comparison: Comparison,
  { entity, key, isNumber }: { entity: Entity; key: string; isNumber: boolean },
  grammar: Grammar,
): void {
  const allowed = isNumber
    ? ORDER
    : entity === "attribute"
    ? [...EQUALITY, ...grammar.lists.includes(key) ? LISTS : []]
    : entity === "dataset"
    ? [...EQUALITY, ...LISTS]
    : [...EQUALITY, ...PRESENCE];
  if (allowed.includes(comparison)) return;
  throw invalid(
    `Invalid comparator '${comparison}' for ${entity} ${quoted(key)}; it takes ${
      allowed.join(", ")
    }`,
  );
}

/** The name at the start of a clause: an entity and a key, or an attribute alone. */
function readName(reader: TokenReader, grammar: Grammar): { entity: Entity; key: string } {
  const token = reader.next();
  if (!token || token.type === "sign" || token.type === "single") {
    throw invalid(`Invalid clause(s) in filter string: expected a name before ${reader.rest()}`);
  }
  const dot = token.type === "word" ? token.text.indexOf(".") : -1;
  const head = dot < 0 ? token.text : token.text.slice(0, dot);
  const entity = ENTITIES[head];
  if (entity !== undefined && (dot >= 0 || reader.peekIsDotted())) {
    // A key in quotes stands behind the dot: tags.`my key`.
    const rest = dot < 0 ? "" : token.text.slice(dot + 1);
    const key = rest === "" ? reader.next()?.text ?? "" : rest;
    return named(entity, key, grammar);
  }
  return named("attribute", token.text, grammar);
}

function named(entity: Entity, key: string, grammar: Grammar): { entity: Entity; key: string } {
  if (entity !== "attribute") {
    if (grammar.entities.includes(entity)) return { entity, key };
    throw invalid(`Invalid entity type '${entity}' for a search of ${grammar.noun}`);
  }
  for (const names of [grammar.texts, grammar.numbers]) {
    for (const [name, others] of Object.entries(names)) {
      if (name === key || others.includes(key)) return { entity, key: name };
    }
  }
  const known = [...Object.keys(grammar.texts), ...Object.keys(grammar.numbers)];
  throw invalid(
    `Invalid attribute key '${key}' specified for ${grammar.noun}. Valid keys are '${known}'`,
  );
}

function readComparison(reader: TokenReader): Comparison {
  const token = reader.next();
  if (token?.type === "sign" && (ORDER as readonly string[]).includes(token.text)) {
    return token.text as Comparison;
  }
  const word = token?.type === "word" ? token.text.toUpperCase() : "";
  if (word === "LIKE" || word === "ILIKE" || word === "IN") return word;
  if (word === "NOT" && reader.takeWord("IN")) return "NOT IN";
  if (word === "IS") {
    const not = reader.takeWord("NOT");
    if (reader.takeWord("NULL")) return not ? "IS NOT NULL" : "IS NULL";
  }
  throw invalid(
    `Invalid clause(s) in filter string: expected a comparison instead of ${
      quoted(token?.text ?? "")
    }`,
  );
}

function readList(reader: TokenReader): string[] {
  const values: string[] = [];
  if (reader.next()?.text !== "(") throw invalid("Invalid list in filter string: expected '('");
  for (;;) {
    const token = reader.next();
    if (token?.type !== "single" && token?.type !== "double") {
      throw invalid("Invalid list in filter string: expected text in quotes");
    }
    values.push(token.text);
    const sign = reader.next()?.text;
    if (sign === ")") return values;
    if (sign !== ",") throw invalid("Invalid list in filter string: expected ',' or ')'");
  }
}

/** Reads tokens one after the other. */
class TokenReader {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  get atEnd(): boolean {
    return this.#at >= this.#tokens.length;
  }

  next(): Token | undefined {
    return this.#tokens[this.#at++];
  }

  takeWord(word: string): boolean {
    const token = this.#tokens[this.#at];
    if (token?.type !== "word" || token.text.toUpperCase() !== word) return false;
    this.#at++;
    return true;
  }

  /** Whether what comes next is a name behind a dot: the token before ended in one. */
  peekIsDotted(): boolean {
    const token = this.#tokens[this.#at];
    if (token?.type !== "word" || !token.text.startsWith(".")) return false;
    // `tags`.key: the dot belongs to the second word.
    (this.#tokens as Token[])[this.#at] = { type: "word", text: token.text.slice(1) };
    if (token.text === ".") this.#at++;
    return true;
  }

  rest(): string {
    return quoted(this.#tokens.slice(this.#at).map(({ text }) => text).join(" "));
  }
}
