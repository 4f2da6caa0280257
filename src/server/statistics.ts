/** Request statistics in the text format of Prometheus. */

/** Upper bounds of the histogram of durations, in seconds. */
const BOUNDS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10];

/** Counts requests. */
export class Statistics {
  readonly #requests = new Map<string, number>();
  readonly #durations = new Array<number>(BOUNDS.length + 1).fill(0);
  #seconds = 0;
  #underWay = 0;

  /** Counts the start of a request. */
  begin(): void {
    this.#underWay++;
  }

  /** Counts a completed request; `duration` is in milliseconds. */
  end(method: string, status: number, duration: number): void {
    this.#underWay--;
    const key = `method="${method.replace(/[^A-Z]/g, "")}",status="${status}"`;
    this.#requests.set(key, (this.#requests.get(key) ?? 0) + 1);
    const seconds = duration / 1000;
    this.#seconds += seconds;
    const at = BOUNDS.findIndex((bound) => seconds <= bound);
    this.#durations[at < 0 ? BOUNDS.length : at]!++;
  }

  /** Returns the statistics as text. */
  toText(version: string): string {
    let sum = 0;
    const buckets = this.#durations.map((count, at) => {
      const bound = BOUNDS[at] === undefined ? "+Inf" : String(BOUNDS[at]);
      return `chachaml_request_seconds_bucket{le="${bound}"} ${sum += count}`;
    });
    return [
      "# TYPE chachaml_info gauge",
      `chachaml_info{version="${version}"} 1`,
      "# TYPE chachaml_requests_total counter",
      ...[...this.#requests].map(([key, count]) => `chachaml_requests_total{${key}} ${count}`),
      "# TYPE chachaml_requests_under_way gauge",
      `chachaml_requests_under_way ${this.#underWay}`,
      "# TYPE chachaml_request_seconds histogram",
      ...buckets,
      `chachaml_request_seconds_sum ${this.#seconds}`,
      `chachaml_request_seconds_count ${sum}`,
      "# TYPE process_resident_memory_bytes gauge",
      `process_resident_memory_bytes ${Deno.memoryUsage().rss}`,
      "",
    ].join("\n");
  }
}
