/** Diagnosis of a store, its place, and the current process. */
import { openContext, type StoreContext } from "../context/compose.ts";
import type { OpenOptions } from "../context/open_options.ts";
import { requireRuntime } from "../context/runtime.ts";
import { findDead } from "../processes/dead_runs.ts";
import { count } from "../text/format.ts";
import { Verification } from "./verify.ts";

/** Days after which a running run is suspicious. */
const LONG = 7;

/** Result of one check. */
export interface Check {
  /** Subject of the check. */
  readonly name: string;
  /** Outcome of the check. */
  readonly state: "ok" | "warning" | "problem";
  /** One sentence with the remedy. */
  readonly message: string;
}

/**
 * Runs all checks one after the other. The store is opened read-only. Writing is tried only with
 * the first steps of a put, which leave nothing behind.
 */
export async function* diagnose(
  place: Pick<OpenOptions, "path" | "artifactDir" | "driver">,
): AsyncGenerator<Check> {
  yield checkRuntime();
  let store: StoreContext;
  try {
    store = await openContext({ ...place, readOnly: true });
  } catch (error) {
    return yield problem("store", (error as Error).message);
  }
  try {
    yield ok("store", store.location.database ?? "in memory");
    yield* checkStore(store);
  } finally {
    await store.close();
  }
}

/** Runs the checks of an open store. */
export async function* checkStore(store: StoreContext): AsyncGenerator<Check> {
  for (const [name, check] of Object.entries(CHECKS)) {
    try {
      yield* check(store);
    } catch (error) {
      // A failed check must not prevent the others.
      yield problem(name, (error as Error).message);
    }
  }
}

function checkRuntime(): Check {
  try {
    requireRuntime();
    return ok("runtime", `Deno ${Deno.version.deno}`);
  } catch (error) {
    return problem("runtime", (error as Error).message);
  }
}

async function* checkDatabase({ metadata }: StoreContext): AsyncGenerator<Check> {
  const { damage, warnings } = await metadata.check();
  if (damage.length > 0) {
    const more = damage.length > 1 ? ` and ${damage.length - 1} more` : "";
    const advice = "restore it from a backup: chachaml restore --database";
    return yield problem("database", `it is damaged (${damage[0]}${more}); ${advice}`);
  }
  for (const state of warnings) yield warning("database", state);
  try {
    await metadata.tryWriting();
  } catch (error) {
    return yield warning("database", `nothing can be written: ${(error as Error).message}`);
  }
  if (warnings.length === 0) yield ok("database", "whole, and writable");
}

async function* checkDirectory({ bytes, location }: StoreContext): AsyncGenerator<Check> {
  const { failure, warnings } = await bytes.check();
  if (failure) return yield warning("directory", `nothing can be put: ${failure.message}`);
  for (const state of warnings) yield warning("directory", state);
  if (warnings.length === 0) yield ok("directory", location.artifacts);
}

async function* checkArtifacts(store: StoreContext): AsyncGenerator<Check> {
  const verification = new Verification(store, { quick: true });
  let foreign: string | undefined;
  let lost = 0;
  for await (const { kind, message } of verification) {
    if (kind === "foreign") foreign = message;
    // Models have their own check.
    if (kind === "dangling-version") lost++;
  }
  const { artifacts, damaged, leftovers } = await verification.summary();
  if (damaged > lost) {
    const advice = "see: chachaml verify; and restore them: chachaml restore BACKUP";
    yield problem("artifacts", `${damaged - lost} of ${artifacts} are damaged; ${advice}`);
  } else if (leftovers > 0) {
    const what = `${count(leftovers, "file")} without an artifact`;
    yield warning("artifacts", `${what}; see: chachaml gc --dry-run`);
  } else yield ok("artifacts", `${artifacts} are there; chachaml verify reads them too`);
  if (foreign !== undefined) yield warning("directory", foreign);
}

async function* checkRuns({ metadata, now }: StoreContext): AsyncGenerator<Check> {
  const dead = new Set(
    findDead(await metadata.processes.running(), now()).map(({ runId }) => runId),
  );
  if (dead.size > 0) {
    const what = `${count(dead.size, "run")} without a living process (${listed([...dead])})`;
    yield warning("runs", `${what}; end with: chachaml end --dead`);
  }
  const before = new Date(now() - LONG * 24 * 60 * 60 * 1000);
  const old = (await metadata.runs.list({ status: "running", before })).map(({ id }) => id)
    .filter((id) => !dead.has(id));
  if (old.length > 0) {
    const what = `${count(old.length, "run")} running for over ${LONG} days (${listed(old)})`;
    yield warning("runs", `${what}; if their programs are gone: chachaml end RUN --failed`);
  }
  if (dead.size + old.length === 0) yield ok("runs", "every running one has a living process");
}

async function* checkModels({ metadata }: StoreContext): AsyncGenerator<Check> {
  const lost = await metadata.models.dangling();
  if (lost.length === 0) return yield ok("models", "every version has its artifact");
  const which = listed(lost.map(({ model, version }) => `${model} ${version}`));
  const advice = "restore it from a backup, or remove the version";
  yield problem(
    "models",
    `the artifact of ${count(lost.length, "version")} is gone (${which}); ${advice}`,
  );
}

/** Checks of an open store, by subject. */
const CHECKS: Record<string, (store: StoreContext) => AsyncGenerator<Check>> = {
  database: checkDatabase,
  directory: checkDirectory,
  artifacts: checkArtifacts,
  runs: checkRuns,
  models: checkModels,
};

/** Lists the first three names. */
function listed(names: readonly string[]): string {
  return names.slice(0, 3).join(", ") + (names.length > 3 ? ", …" : "");
}

function ok(name: string, message: string): Check {
  return { name, state: "ok", message };
}

function warning(name: string, message: string): Check {
  return { name, state: "warning", message };
}

function problem(name: string, message: string): Check {
  return { name, state: "problem", message };
}
