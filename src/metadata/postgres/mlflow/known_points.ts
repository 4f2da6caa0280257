/** Detection of points in a batch that are already stored. */
import type { MetricBatch } from "../../metric.ts";
import { text } from "../../rows/value.ts";
import type { Sql } from "../client.ts";

/** Maximum number of metrics whose newest point is cached. */
const MOST_REMEMBERED = 20_000;

/** Number of points of a metric of a run, and its largest step and time. */
interface Newest {
  readonly points: number;
  readonly step: number;
  readonly time: number;
}

const NONE: Newest = { points: 0, step: -Infinity, time: -Infinity };

/**
 * Filter of points that are already stored, since a client repeats a call whose response was lost.
 * A point with a larger step or time than all earlier ones is new without a look-up; that applies
 * to nearly every point. The number of points reveals points added by another process meanwhile.
 */
export class KnownPoints {
  readonly #newest = new Map<string, Newest>();

  /**
   * Returns the points of a batch that are not stored yet, each once. The caller must hold a lock
   * of the run.
   */
  async newPoints(sql: Sql, batch: MetricBatch): Promise<MetricBatch> {
    const { runId, keys, values, steps, times } = batch;
    if (keys.length === 0) return batch;
    const newest = await this.#readNewest(sql, runId, [...new Set(keys)]);
    const isNew = (at: number) => {
      const { step, time } = newest.get(keys[at]!) ?? NONE;
      return steps[at]! > step || times[at]! > time;
    };
    const doubtful = new Set(keys.filter((_, at) => !isNew(at)));
    const known = doubtful.size === 0
      ? new Set<string>()
      : await readKnown(sql, runId, [...doubtful]);
    const kept: number[] = [];
    for (const [at, key] of keys.entries()) {
      const identity = identityOf(key, values[at]!, steps[at]!, times[at]!);
      if (known.has(identity)) continue;
      known.add(identity);
      kept.push(at);
      const { points, step, time } = newest.get(key) ?? NONE;
      newest.set(key, {
        points: points + 1,
        step: Math.max(step, steps[at]!),
        time: Math.max(time, times[at]!),
      });
    }
    for (const [key, value] of newest) this.#remember(runId, key, value);
    if (kept.length === keys.length) return batch;
    return {
      runId,
      keys: kept.map((at) => keys[at]!),
      values: kept.map((at) => values[at]!),
      steps: kept.map((at) => steps[at]!),
      times: kept.map((at) => times[at]!),
    };
  }

  async #readNewest(
    sql: Sql,
    runId: string,
    keys: readonly string[],
  ): Promise<Map<string, Newest>> {
    const counted = await sql.all(
      `SELECT key, points FROM chachaml_metric_summaries
        WHERE run_id = ? AND key = ANY(?::text[])`,
      runId,
      keys,
    );
    const newest = new Map<string, Newest>();
    const changed: string[] = [];
    for (const row of counted) {
      const key = text(row.key);
      const known = this.#newest.get(`${runId}\0${key}`);
      if (known?.points === Number(row.points)) newest.set(key, known);
      else changed.push(key);
    }
    if (changed.length === 0) return newest;
    const rows = await sql.all(
      `SELECT key, count(*) AS points, max(step) AS step, max(timestamp) AS time FROM metrics
        WHERE run_id = ? AND key = ANY(?::text[]) GROUP BY key`,
      runId,
      changed,
    );
    for (const { key, points, step, time } of rows) {
      newest.set(text(key), {
        points: Number(points),
        step: Number(step),
        time: Number(time),
      });
    }
    return newest;
  }

  #remember(runId: string, key: string, newest: Newest): void {
    const name = `${runId}\0${key}`;
    this.#newest.delete(name);
    this.#newest.set(name, newest);
    if (this.#newest.size <= MOST_REMEMBERED) return;
    this.#newest.delete(this.#newest.keys().next().value!);
  }
}

async function readKnown(sql: Sql, runId: string, keys: readonly string[]): Promise<Set<string>> {
  const rows = await sql.all(
    `SELECT key, value, step, timestamp FROM metrics WHERE run_id = ? AND key = ANY(?::text[])`,
    runId,
    keys,
  );
  return new Set(
    rows.map(({ key, value, step, timestamp }) =>
      identityOf(text(key), Number(value), Number(step), Number(timestamp))
    ),
  );
}

function identityOf(key: string, value: number, step: number, time: number): string {
  return `${key}\0${value} ${step} ${time}`;
}
