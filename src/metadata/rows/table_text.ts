/** Params as a table shows them. */
import { EdnValue, fromEdn, type ParamValue, toEdn } from "../../edn/mod.ts";
import { toJson } from "../../edn/to_json.ts";

/** Returns a param as text: a string as is, a collection as JSON, anything else as EDN. */
export function tableText(value: unknown): string {
  if (typeof value === "string") return value;
  if (value instanceof EdnValue) return value.text;
  const isCollection = typeof value === "object" && value !== null && !(value instanceof Date);
  return isCollection ? JSON.stringify(toJson(value)) : toEdn(value as ParamValue);
}

/** Returns a param's EDN text as such text. */
export function tableTextOf(edn: string): string {
  return tableText(fromEdn(edn));
}
