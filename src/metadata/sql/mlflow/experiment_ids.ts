/** Ids of experiments. Other programs create experiments by name, without an id. */
import type { SqlRow } from "../../rows/value.ts";
import type { SqlDialect } from "../dialect.ts";
import { all, get, run, type Script } from "../script.ts";
import type { ScriptDatabase } from "../script_database.ts";

/** Default experiment of the store, which has the id 0. */
const DEFAULT = "default";

/** Selects experiments without a row of their own. Each step finds the next name by the index. */
const UNNAMED = `WITH RECURSIVE steps(next) AS (
    SELECT min(experiment) FROM runs
    UNION ALL
    SELECT (SELECT min(r.experiment) FROM runs r WHERE r.experiment > steps.next) FROM steps
      WHERE steps.next IS NOT NULL)
  SELECT steps.next AS name FROM steps WHERE steps.next IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM mlflow_experiments e WHERE e.name = steps.next)`;

/** Assigns an id to each experiment without one, if there are any. */
export async function ensureIds(database: ScriptDatabase, now: number): Promise<void> {
  if (!await database.read(needsIds)) return;
  await database.write(() => assignIds(database.dialect, now));
}

/** Whether an experiment has no id. */
export function* needsIds(): Script<boolean> {
  const hasDefault = yield* get("SELECT 1 FROM mlflow_experiments WHERE id = 0");
  return hasDefault === undefined || (yield* get(`${UNNAMED} LIMIT 1`)) !== undefined;
}

/**
 * Assigns an id to each experiment without one. Must run in a write transaction. New ids are `first`
 * or larger.
 */
export function* assignIds(dialect: SqlDialect, now: number, first = 1): Script<void> {
  yield* dialect.lock("experiments", "ids");
  if (!(yield* get("SELECT 1 FROM mlflow_experiments WHERE id = 0"))) {
    yield* run(
      "INSERT INTO mlflow_experiments (id, name, created_at, updated_at) VALUES (0, ?, ?, ?)",
      DEFAULT,
      now,
      now,
    );
  }
  for (const { name } of yield* all(UNNAMED)) {
    const id = yield* insertExperiment(String(name), now);
    if (id >= first) continue;
    yield* run("UPDATE mlflow_experiments SET id = ? WHERE id = ?", first + id, id);
  }
}

/** Inserts an experiment. Returns its id. */
export function* insertExperiment(name: string, now: number): Script<number> {
  yield* run(
    "INSERT INTO mlflow_experiments (name, created_at, updated_at) VALUES (?, ?, ?)",
    name,
    now,
    now,
  );
  return Number((yield* findByName(name))!.id);
}

/** Returns the row of an experiment. */
export function* findByName(name: string): Script<SqlRow | undefined> {
  return yield* get("SELECT * FROM mlflow_experiments WHERE name = ?", name);
}
