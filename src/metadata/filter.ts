/** Filters and orders of searches: MLflow's grammar, with extensions for the web page. */
import type { Clause, Comparison, Entity, SortKey } from "./mlflow_query.ts";
import { TokenReader } from "./filter_reader.ts";
import { FilterError, quoted } from "./filter_tokens.ts";

export { FilterError } from "./filter_tokens.ts";

const ENTITIES: ReadonlyMap<string, Entity> = new Map(Object.entries({
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
}));

const EQUALITY: readonly Comparison[] = ["=", "!=", "LIKE", "ILIKE"];
const LISTS: readonly Comparison[] = ["IN", "NOT IN"];
const ORDER: readonly Comparison[] = ["=", "!=", "<", "<=", ">", ">="];
/** Searchable fields of a dataset. */
const DATASET_KEYS: readonly string[] = ["name", "digest", "context"];

const PRESENCE: readonly Comparison[] = ["IS NULL", "IS NOT NULL"];

/**
 * Maximum number of conditions in a filter: SQLite nests conditions joined by AND, up to a limit.
 */
const MOST_CLAUSES = 500;

/** Maximum number of keys in an order. */
const MOST_KEYS = 20;

/** Maximum length of a LIKE pattern, in characters. */
const LONGEST_PATTERN = 10_000;

/** Searchable attributes, by name, and other searchable entities. */
export interface Grammar {
  /** Noun for messages. */
  readonly noun: string;
  /** Text attributes with their aliases. */
  readonly texts: Readonly<Record<string, readonly string[]>>;
  /** Numeric attributes with their aliases. */
  readonly numbers: Readonly<Record<string, readonly string[]>>;
  /** Text attributes that support IN and NOT IN. */
  readonly lists: readonly string[];
  /** Searchable entities other than attributes. */
  readonly entities: readonly Entity[];
  /** Other words for entities: `trace.status`. */
  readonly words?: Readonly<Record<string, Entity>>;
  /** Whether params can be compared with numbers: `params.lr < 0.1`. */
  readonly numericParams?: boolean;
}

/**
 * Parses a filter: `metrics.loss < 0.1 AND tags.owner = 'ana'`.
 *
 * @throws {FilterError} If its syntax is invalid.
 */
export function parseFilter(filter: string | undefined, grammar: Grammar): Clause[] {
  const clauses: Clause[] = [];
  const reader = new TokenReader(filter ?? "");
  while (!reader.atEnd) {
    if (clauses.length > 0 && !reader.takeWord("AND")) {
      throw reader.errorAt(
        `Invalid clause(s) in filter string: expected AND before ${reader.rest()}`,
      );
    }
    if (clauses.length >= MOST_CLAUSES) {
      throw reader.errorAt(`A filter takes at most ${MOST_CLAUSES} conditions`);
    }
    clauses.push(readClause(reader, grammar));
  }
  return clauses;
}

/**
 * Parses an order: `metrics.loss ASC`.
 *
 * @throws {FilterError} If its syntax is invalid, or a key is repeated.
 */
export function parseOrder(orders: readonly string[], grammar: Grammar): SortKey[] {
  if (orders.length > MOST_KEYS) {
    throw new FilterError(`order_by takes at most ${MOST_KEYS} keys; got ${orders.length}`, 0);
  }
  const seen = new Set<string>();
  return orders.map((order) => {
    const reader = new TokenReader(order);
    const { entity, key } = readName(reader, grammar);
    const descending = reader.takeWord("DESC");
    if (!descending) reader.takeWord("ASC");
    if (!reader.atEnd) {
      throw reader.errorAt(
        `Invalid order_by clause ${quoted(order)}: expected ASC or DESC at its end`,
      );
    }
    const name = `${entity}.${key}`;
    if (seen.has(name)) {
      throw new FilterError(`order_by contains ${quoted(name)} more than once`, 0);
    }
    seen.add(name);
    return { entity, key, descending };
  });
}

function readClause(reader: TokenReader, grammar: Grammar): Clause {
  const { entity, key } = readName(reader, grammar);
  const comparison = readComparison(reader);
  const isNumber = entity === "metric" ||
    entity === "attribute" && Object.hasOwn(grammar.numbers, key) ||
    entity === "param" && grammar.numericParams === true && reader.peek()?.type === "number";
  assertComparison(reader, comparison, { entity, key, isNumber }, grammar);
  if (PRESENCE.includes(comparison)) return { entity, key, comparison, value: null };
  if (LISTS.includes(comparison)) return { entity, key, comparison, value: readList(reader) };
  const token = reader.next();
  if (isNumber) {
    const number = token?.type === "number" ? Number(token.text) : NaN;
    if (Number.isNaN(number)) {
      throw reader.errorAfter(`Expected numeric value type for ${entity} ${quoted(key)}`);
    }
    return { entity, key, comparison, value: number };
  }
  if (token?.type !== "single" && token?.type !== "double") {
    throw reader.errorAfter(
      `Expected a quoted string value for ${entity} ${quoted(key)}. Got value ${
        quoted(token?.text ?? "")
      }`,
    );
  }
  if (comparison.endsWith("LIKE") && token.text.length > LONGEST_PATTERN) {
    throw reader.errorAfter(`A ${comparison} pattern has at most ${LONGEST_PATTERN} characters`);
  }
  return { entity, key, comparison, value: token.text };
}

function assertComparison(
  reader: TokenReader,
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
  throw reader.errorAfter(
    `Invalid comparator '${comparison}' for ${entity} ${quoted(key)}; it takes ${
      allowed.join(", ")
    }`,
  );
}

/** Reads the name at the start of a clause: an entity with a key, or an attribute. */
function readName(reader: TokenReader, grammar: Grammar): { entity: Entity; key: string } {
  const token = reader.next();
  if (!token || token.type === "sign" || token.type === "single") {
    throw reader.errorAfter(
      `Invalid clause(s) in filter string: expected a name before ${reader.rest()}`,
    );
  }
  const dot = token.type === "word" ? token.text.indexOf(".") : -1;
  const head = dot < 0 ? token.text : token.text.slice(0, dot);
  const { words = {} } = grammar;
  const entity = Object.hasOwn(words, head) ? words[head] : ENTITIES.get(head);
  if (entity !== undefined && (dot >= 0 || reader.peekIsDotted())) {
    // A quoted key follows the dot: tags.`my key`.
    const rest = dot < 0 ? "" : token.text.slice(dot + 1);
    const key = rest === "" ? reader.next()?.text ?? "" : rest;
    return named(reader, entity, key, grammar);
  }
  return named(reader, "attribute", token.text, grammar);
}

function named(
  reader: TokenReader,
  entity: Entity,
  key: string,
  grammar: Grammar,
): { entity: Entity; key: string } {
  if (entity !== "attribute") {
    if (entity === "dataset" && !DATASET_KEYS.includes(key)) {
      throw reader.errorAfter(
        `Invalid dataset key ${quoted(key)}. Valid keys are '${DATASET_KEYS}'`,
      );
    }
    if (grammar.entities.includes(entity)) return { entity, key };
    throw reader.errorAfter(`Invalid entity type '${entity}' for a search of ${grammar.noun}`);
  }
  for (const names of [grammar.texts, grammar.numbers]) {
    for (const [name, others] of Object.entries(names)) {
      if (name === key || others.includes(key)) return { entity, key: name };
    }
  }
  const known = [...Object.keys(grammar.texts), ...Object.keys(grammar.numbers)];
  throw reader.errorAfter(
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
  throw reader.errorAfter(
    `Invalid clause(s) in filter string: expected a comparison instead of ${
      quoted(token?.text ?? "")
    }`,
  );
}

function readList(reader: TokenReader): string[] {
  const values: string[] = [];
  if (reader.next()?.text !== "(") {
    throw reader.errorAfter("Invalid list in filter string: expected '('");
  }
  for (;;) {
    const token = reader.next();
    if (token?.type !== "single" && token?.type !== "double") {
      throw reader.errorAfter("Invalid list in filter string: expected text in quotes");
    }
    values.push(token.text);
    const sign = reader.next()?.text;
    if (sign === ")") return values;
    if (sign !== ",") throw reader.errorAfter("Invalid list in filter string: expected ',' or ')'");
  }
}
