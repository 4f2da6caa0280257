/** Params are set once, and corrected only on request. */
import { option, phrase } from "../base/phrase.ts";
import { assertObject, assertStorable } from "../base/assert.ts";
import { RunStateError } from "../base/errors.ts";
import { fromEdn, sameEdn, toStoredEdn } from "../edn/mod.ts";
import type { RunStore } from "../metadata/run_store.ts";
import { assertNotReordered } from "../names/deceptive.ts";
import { formatValue } from "../text/format.ts";

/** Options for logging params. */
export interface LogParamsOptions {
  /**
   * Whether to correct a param that already has another value. The former value is kept in the tag
   * `corrected/<param>`.
   *
   * @default {false}
   */
  readonly force?: boolean;
}

/** Returns the tag that keeps the former value of a corrected param. */
function tagOf(key: string): string {
  return `corrected/${key}`;
}

/** Sets params of a run. See {@linkcode Runs.logParams}. */
export async function logParams(
  runs: RunStore,
  id: string,
  params: unknown,
  { force = false }: LogParamsOptions,
): Promise<void> {
  const texts = textsOf(params);
  // Retries until no other program sets one of the params concurrently.
  for (;;) {
    const known = await runs.paramTexts(id);
    const changed = [...texts].filter(([key, text]) => {
      const before = known.get(key);
      return before !== undefined && !sameEdn(before, text);
    });
    if (changed.length > 0 && !force) refuse(id, changed[0]!, known);
    const fresh = new Map([...texts].filter(([key]) => !known.has(key)));
    const taken = await runs.insertParams(id, fresh);
    if (taken.size > 0) continue;
    if (changed.length === 0) return;
    const { tags } = await runs.get(id);
    const former = changed.map(([key]) => {
      const values = [tags[tagOf(key)], shown(known.get(key)!)];
      return [tagOf(key), values.filter((value) => value !== undefined).join("; ")] as const;
    });
    if (await runs.replaceParams(id, new Map(changed), known, Object.fromEntries(former))) return;
  }
}

function textsOf(params: unknown): Map<string, string> {
  assertObject("log params", "params", params);
  const given = Object.entries(params as object).filter(([, value]) => value !== undefined);
  return new Map(given.map(([key, value]) => {
    assertStorable("log params", "the name of a param", key);
    assertNotReordered("the name of a param", key);
    return [key, toStoredEdn(value, `param ${JSON.stringify(key)}`)];
  }));
}

function refuse(
  id: string,
  [key, text]: readonly [key: string, text: string],
  known: ReadonlyMap<string, string>,
): never {
  throw new RunStateError(
    "log params to",
    id,
    phrase`param ${JSON.stringify(key)} is ${shown(known.get(key)!)}, not ${
      shown(text)
    }, and params never change; start another run for another value, or pass ${
      option("force", true)
    } to correct it`,
  );
}

function shown(edn: string): string {
  return formatValue(fromEdn(edn));
}
