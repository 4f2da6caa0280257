/** JSON Schemas of what the API takes and answers, as OpenAPI 3.1 writes them. */

/** A JSON Schema. */
export interface Schema {
  readonly [keyword: string]: unknown;
}

/** Text. */
export const text: Schema = { type: "string" };

/** A whole number. */
export const integer: Schema = { type: "integer" };

/** Epoch milliseconds. */
export const time: Schema = { type: "integer", description: "Epoch milliseconds" };

/** A number, or the text of one that JSON has no form for. */
export const double: Schema = {
  anyOf: [{ type: "number" }, { enum: ["NaN", "Infinity", "-Infinity"] }],
};

/** Whether something is so. */
export const flag: Schema = { type: "boolean" };

/** Any JSON value. */
export const any: Schema = {};

/** A list. */
export function list(items: Schema): Schema {
  return { type: "array", items };
}

/** One of some texts. */
export function oneOf(...values: string[]): Schema {
  return { enum: values };
}

/** A schema or `null`. */
export function nullable(schema: Schema): Schema {
  return { anyOf: [schema, { type: "null" }] };
}

/** An object by name of member; a name that ends in `?` may be left out. */
export function object(members: Readonly<Record<string, Schema>>): Schema {
  const entries = Object.entries(members);
  return {
    type: "object",
    properties: Object.fromEntries(
      entries.map(([name, schema]) => [name.replace(/\?$/, ""), schema]),
    ),
    required: entries.map(([name]) => name).filter((name) => !name.endsWith("?")),
    additionalProperties: false,
  };
}

/** An object whose members all have one schema. */
export function record(values: Schema): Schema {
  return { type: "object", additionalProperties: values };
}

/** A schema of the document by name. */
export function ref(name: string): Schema {
  return { $ref: `#/components/schemas/${name}` };
}
