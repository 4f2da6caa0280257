/** The limits of the protocol. */
import { assertNotReordered } from "../../names/deceptive.ts";
import type { Fields, KeyValue } from "./fields.ts";
import { invalid } from "./mlflow_error.ts";

/** Maximum numbers of items in a batch. */
export const BATCH = { metrics: 1000, params: 100, tags: 100, all: 1000 } as const;

const KEY_LENGTH = 250;
const PARAM_LENGTH = 6000;
const TAG_LENGTH = 8000;
const EXPERIMENT_NAME_LENGTH = 500;

/** Pattern of keys of metrics, params and tags: plain relative paths with few characters. */
const KEY = /^[/\w.\- :]*$/u;

/** Checks that the protocol allows a key. */
export function assertKey(what: string, key: string): void {
  const name = `Invalid value ${JSON.stringify(key)} for parameter '${what}' supplied`;
  if (key.length > KEY_LENGTH) {
    throw invalid(
      `${name.slice(0, 120)}: it exceeds the maximum length of ${KEY_LENGTH} characters`,
    );
  }
  if (!KEY.test(key)) {
    throw invalid(
      `${name}: Names may only contain alphanumerics, underscores (_), dashes (-), periods (.), ` +
        "spaces ( ), colon(:) and slashes (/).",
    );
  }
  const segments = key.split("/");
  if (segments.some((segment) => segment === ".." || segment === "." || segment === "")) {
    throw invalid(`${name}: Names may be treated as paths, so they must be plain relative ones`);
  }
}

/** Returns a param; a value that is too long is truncated, as in the MLflow server. */
export function paramOf({ key, value }: KeyValue): KeyValue {
  assertKey("key", key);
  return { key, value: value.slice(0, PARAM_LENGTH) };
}

/** Returns a tag; a value that is too long is truncated, as in the MLflow server. */
export function tagOf({ key, value }: KeyValue): KeyValue {
  assertKey("key", key);
  // This tag sets the name of the run.
  if (key === "mlflow.runName") assertNotReordered("the name of a run", value);
  return { key, value: value.slice(0, TAG_LENGTH) };
}

/** Returns the tags of a request. */
export function tagsOf(fields: Fields): KeyValue[] {
  return fields.pairs("tags").map(tagOf);
}

/** Maximum length of tag values that are rejected instead of truncated, in characters. */
const LONGEST = { experiment: 20_000, registry: 100_000, model: 8000 } as const;

/** Checks that the protocol allows a tag of an experiment, the registry or a model. */
export function assertTag(of: keyof typeof LONGEST, { key, value }: KeyValue): KeyValue {
  assertKey("key", key);
  const most = LONGEST[of];
  if (value.length <= most) return { key, value };
  throw invalid(
    `Invalid value for tag ${
      JSON.stringify(key)
    }: it has ${value.length} characters, and at most ` +
      `${most} are allowed`,
  );
}

/** Returns the checked tags of a request. */
export function checkedTags(of: keyof typeof LONGEST, fields: Fields, name = "tags"): KeyValue[] {
  return fields.pairs(name).map((tag) => assertTag(of, tag));
}

/** Checks that a name is valid for an experiment. */
export function assertExperimentName(name: string): void {
  assertNotReordered("an experiment", name);
  if (name.length <= EXPERIMENT_NAME_LENGTH) return;
  throw invalid(
    `'name' exceeds the maximum length of ${EXPERIMENT_NAME_LENGTH} characters`,
  );
}
