/** Run-time checks of arguments about models, for JavaScript callers. */
import { assertObject, assertStorable } from "../base/assert.ts";
import { InvalidNameError, InvalidOptionError, quote } from "../base/errors.ts";
import {
  MODEL_STAGES,
  type ModelSelector,
  type ModelStage,
  type RegisterOptions,
} from "../metadata/model.ts";
import type { VersionSelector } from "../metadata/model_store.ts";
import { assertNotReordered } from "../names/deceptive.ts";

/** Maximum length of a model name, in characters. */
const MAX_NAME_LENGTH = 255;

/**
 * Throws `InvalidNameError` unless `name` is a string. Another program may have stored any string.
 */
export function assertName(name: unknown): asserts name is string {
  if (typeof name === "string") return;
  throw new InvalidNameError("a model name", name, "not-text", "it must be a string");
}

/** Throws `InvalidNameError` unless `name` is valid for a new model. */
export function assertModelName(name: unknown): asserts name is string {
  assertName(name);
  const refuse = (
    rule: "empty" | "too-long" | "control-character" | "lone-surrogate",
    why: string,
  ) => {
    throw new InvalidNameError("a model name", name, rule, why);
  };
  if (name === "") refuse("empty", "it is empty");
  // The line and paragraph separators break a listing apart like control characters.
  if (/[\p{Cc}\u2028\u2029]/u.test(name)) refuse("control-character", "it has a control character");
  if (!name.isWellFormed()) refuse("lone-surrogate", "it is not valid Unicode");
  assertNotReordered("a model name", name);
  const { length } = [...name];
  if (length > MAX_NAME_LENGTH) {
    refuse("too-long", `it is ${length} characters long; at most ${MAX_NAME_LENGTH} are allowed`);
  }
}

/** Throws `InvalidOptionError` unless `stage` is a model stage. */
export function assertStage(stage: unknown): asserts stage is ModelStage {
  if ((MODEL_STAGES as readonly unknown[]).includes(stage)) return;
  throw new InvalidOptionError(
    `Cannot use ${quote(stage)} as a stage: it takes ${MODEL_STAGES.join(", ")}`,
  );
}

/** Throws `InvalidOptionError` unless `version` can be a version number. */
export function assertVersion(version: unknown): asserts version is number {
  if (Number.isSafeInteger(version)) return;
  throw new InvalidOptionError(
    `Cannot use ${quote(version)} as a model version: it must be a whole number`,
  );
}

/** Throws `InvalidOptionError` unless `text` is a description, `null` or `undefined`. */
export function assertDescription(what: string, text: unknown): void {
  if (typeof text === "string") assertStorable("describe a model", `the ${what}`, text);
  if (text === undefined || text === null || typeof text === "string") return;
  throw new InvalidOptionError(`Cannot use ${quote(text)} as the ${what}: it must be text`);
}

/** Throws if options of `register` have a wrong type or contradict each other. */
export function assertRegister(name: string, options: RegisterOptions): void {
  assertModelName(name);
  assertObject(`register model ${quote(name)}`, "its options", options);
  const { runId, artifact, artifactId, stage, description, modelDescription } = options;
  const refuse = (why: string) => {
    throw new InvalidOptionError(`Cannot register model ${quote(name)}: ${why}`);
  };
  if (typeof runId !== "string") refuse("runId must be the id of a run");
  if ((artifact === undefined) === (artifactId === undefined)) {
    refuse("name what it is made of, by artifact (a name) or by artifactId, not by both");
  }
  if (typeof (artifact ?? artifactId) !== "string") refuse("its artifact must be named by text");
  if (stage !== undefined) assertStage(stage);
  assertDescription("description of a model version", description);
  assertDescription("description of a model", modelDescription);
}

/** Returns the version or stage that a selector names; the stage `production` by default. */
export function versionSelectorOf(selector: ModelSelector): VersionSelector {
  assertObject("select a model version", "a selector", selector);
  const { version, stage } = selector;
  if (version === undefined) {
    const wanted = stage ?? "production";
    assertStage(wanted);
    return { stage: wanted };
  }
  if (stage !== undefined) {
    throw new InvalidOptionError(
      "Cannot select a model version by version and stage at once: choose one of them",
    );
  }
  assertVersion(version);
  return { version };
}
