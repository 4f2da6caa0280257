/** What can be wrong with a store as a whole, its place, or the program that looks at it. */
import { join } from "@std/path";
import { Verification } from "./verify.ts";
import { STAGING } from "../names/names.ts";
import type { OpenOptions } from "../context/open_options.ts";
import { requireRuntime } from "../context/runtime.ts";
import { openContext, type StoreContext } from "../context/compose.ts";

/** Days after which a run is hardly still at work. */
const LONG = 7;

/** One thing looked at. */
export interface Check {
  /** What was looked at. */
  readonly name: string;
  /** How it is. */
  readonly state: "ok" | "warning" | "problem";
  /** One sentence, with what to do. */
  readonly message: string;
}

/** Looks at one thing after the other; the store is opened for reading only. */
export async function* diagnose(
  place: Pick<OpenOptions, "path" | "artifactDir" | "driver">,
): AsyncGenerator<Check> {
  yield runtime();
  let store: StoreContext;
  try {
    store = await openContext({ ...place, readOnly: true });
  } catch (error) {
    return yield problem("store", (error as Error).message);
  }
  try {
    yield ok("store", `${store.path}`);
    yield await database(store);
    yield directory(store);
    yield await artifacts(store);
    yield await runs(store);
  } finally {
    await store.close();
  }
}

function runtime(): Check {
  try {
    requireRuntime();
    return ok("runtime", `Deno ${Deno.version.deno}`);
  } catch (error) {
    return problem("runtime", (error as Error).message);
  }
}

async function database({ database }: StoreContext): Promise<Check> {
  try {
    const [state, mode] = await database.read((sql) => [
      String(sql.prepare("PRAGMA quick_check(1)").get()!.quick_check),
      String(sql.prepare("PRAGMA journal_mode").get()!.journal_mode),
    ]);
    if (state !== "ok") {
      const advice = "bring it back from a backup: chachaml restore --database";
      return problem("database", `it is damaged (${state}); ${advice}`);
    }
    // A database that nobody writes to is read as a copy in memory.
    return ["wal", "off", "memory"].includes(mode)
      ? ok("database", "whole")
      : warning("database", `its journal is "${mode}", so that readers wait for writers`);
  } catch (error) {
    return problem("database", (error as Error).message);
  }
}

/** Tries what a put does: making a file in the staging folder, and giving it a second name. */
function directory({ artifactDir }: StoreContext): Check {
  const staging = join(artifactDir, STAGING);
  const [first, second] = [0, 1].map(() => join(staging, crypto.randomUUID()));
  const made: string[] = [];
  try {
    Deno.mkdirSync(staging, { recursive: true });
    Deno.writeTextFileSync(first!, "", { createNew: true });
    made.push(first!);
  } catch (error) {
    return warning("directory", `nothing can be put: ${(error as Error).message}`);
  }
  try {
    Deno.linkSync(first!, second!);
    made.push(second!);
    return ok("directory", artifactDir);
  } catch {
    const loss = "names are published by renaming, and nothing is deduplicated";
    return warning("directory", `its file system has no hard links: ${loss}`);
  } finally {
    for (const path of made) Deno.removeSync(path);
  }
}

async function artifacts({ index, bytes }: StoreContext): Promise<Check> {
  const summary = await new Verification(index, bytes, { quick: true }, true).summary();
  if (summary.damaged > 0) {
    const advice = "see: chachaml verify; and bring them back: chachaml restore BACKUP";
    return problem(
      "artifacts",
      `${summary.damaged} of ${summary.artifacts} are damaged; ${advice}`,
    );
  }
  return summary.leftovers > 0
    ? warning("artifacts", `${summary.leftovers} files belong to none; see: chachaml gc --dry-run`)
    : ok("artifacts", `${summary.artifacts} are there; chachaml verify reads them too`);
}

async function runs({ runs }: StoreContext): Promise<Check> {
  const before = new Date(Date.now() - LONG * 24 * 60 * 60 * 1000);
  const old = await runs.list({ status: "running", before });
  if (old.length === 0) return ok("runs", `none has been running for over ${LONG} days`);
  const which = old.slice(0, 3).map(({ id }) => id).join(", ");
  const advice = "if their programs are gone: chachaml end RUN --failed";
  return warning("runs", `${old.length} running for over ${LONG} days (${which}); ${advice}`);
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
