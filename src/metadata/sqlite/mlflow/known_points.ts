/** Detection of points in a batch that are already stored. */
import type { MetricBatch } from "../../metric.ts";
import type { SqlConnection } from "../sql_driver.ts";

/** Maximum number of metrics whose newest point is cached. */
const MOST_REMEMBERED = 20_000;

/** Largest step and time of one metric of one run. */
interface Newest {
  readonly step: number;
  readonly time: number;
}

/**
 * Removes points that are already stored, because clients repeat requests whose response was lost.
 * A point with a larger step or time than all earlier ones is new without a lookup, which is the
 * usual case.
 */
export class KnownPoints {
  readonly #newest = new Map<string, Newest>();

  /** Returns the points of a batch that are not stored yet, without duplicates. */
  newPoints(sql: SqlConnection, batch: MetricBatch): MetricBatch {
    const { runId, keys, values, steps, times } = batch;
    const stored = new Map<string, Set<string>>();
    const seen = new Set<string>();
    const kept: number[] = [];
    for (const [at, key] of keys.entries()) {
      const [step, time] = [steps[at]!, times[at]!];
      const newest = this.#newestOf(sql, runId, key);
      const identity = identityOf(values[at]!, step, time);
      if (step > newest.step || time > newest.time) {
        this.#remember(runId, key, newest, step, time);
      } else {
        let known = stored.get(key);
        if (!known) stored.set(key, known = readKnown(sql, runId, key));
        if (known.has(identity)) continue;
      }
      const own = `${key}\0${identity}`;
      if (seen.has(own)) continue;
      seen.add(own);
      kept.push(at);
    }
    if (kept.length === keys.length) return batch;
    return {
      runId,
      keys: kept.map((at) => keys[at]!),
      values: kept.map((at) => values[at]!),
      steps: kept.map((at) => steps[at]!),
      times: kept.map((at) => times[at]!),
    };
  }

  #newestOf(sql: SqlConnection, runId: string, key: string): Newest {
    const known = this.#newest.get(`${runId}\0${key}`);
    if (known) return known;
    const row = sql.prepare(
      `SELECT max(step) AS step, max(timestamp) AS time FROM (
        SELECT step, timestamp FROM metrics WHERE run_id = ? AND key = ?
        UNION ALL SELECT step, timestamp FROM metric_nans WHERE run_id = ? AND key = ?)`,
    ).get(runId, key, runId, key)!;
    return row.step === null
      ? { step: -Infinity, time: -Infinity }
      : { step: Number(row.step), time: Number(row.time) };
  }

  #remember(runId: string, key: string, newest: Newest, step: number, time: number): void {
    const name = `${runId}\0${key}`;
    this.#newest.delete(name);
    this.#newest.set(name, {
      step: Math.max(newest.step, step),
      time: Math.max(newest.time, time),
    });
    if (this.#newest.size <= MOST_REMEMBERED) return;
    this.#newest.delete(this.#newest.keys().next().value!);
  }
}

function readKnown(sql: SqlConnection, runId: string, key: string): Set<string> {
  const rows = sql.prepare(
    `SELECT value, step, timestamp FROM metrics WHERE run_id = ? AND key = ?
      UNION ALL SELECT NULL, step, timestamp FROM metric_nans WHERE run_id = ? AND key = ?`,
  ).all(runId, key, runId, key);
  return new Set(
    rows.map(({ value, step, timestamp }) =>
      identityOf(value === null ? NaN : Number(value), Number(step), Number(timestamp))
    ),
  );
}

function identityOf(value: number, step: number, time: number): string {
  return `${value} ${step} ${time}`;
}
