/** JSON Schemas of requests and responses, in OpenAPI 3.1. */

/** A JSON Schema. */
export interface Schema {
  readonly [keyword: string]: unknown;
}

/** Text. */
export const text: Schema = { type: "string" };

/** Nonempty text. */
export const name: Schema = { type: "string", minLength: 1 };

/** Count, 0 or more. */
export const count: Schema = { type: "integer", minimum: 0 };

/** Integer. */
export const integer: Schema = { type: "integer" };

/** Epoch milliseconds. */
export const time: Schema = { type: "integer", description: "Epoch milliseconds" };

/** Number, or text for a number without JSON form. */
export const double: Schema = {
  anyOf: [{ type: "number" }, { enum: ["NaN", "Infinity", "-Infinity"] }],
};

/** Boolean. */
export const flag: Schema = { type: "boolean" };

/** Any JSON value. */
export const any: Schema = {};

/** Returns the schema of a list. */
export function list(items: Schema): Schema {
  return { type: "array", items };
}

/** Returns the schema of an enumeration. */
export function oneOf(...values: string[]): Schema {
  return { enum: values };
}

/** Makes a schema nullable. */
export function nullable(schema: Schema): Schema {
  return { anyOf: [schema, { type: "null" }] };
}

/** Returns the schema of an object by its members; names ending in `?` are optional. */
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

/** Returns the schema of a request object, whose optional members may also be `null`. */
export function input(members: Readonly<Record<string, Schema>>): Schema {
  return object(Object.fromEntries(
    Object.entries(members).map(([name, schema]) => [
      name,
      name.endsWith("?") ? nullable(schema) : schema,
    ]),
  ));
}

/** Returns the schema of an object whose members have the same schema. */
export function record(values: Schema): Schema {
  return { type: "object", additionalProperties: values };
}

/** Refers to a named schema of the document. */
export function ref(name: string): Schema {
  return { $ref: `#/components/schemas/${name}` };
}
