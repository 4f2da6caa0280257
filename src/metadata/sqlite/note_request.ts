/** Storing of a request's id in the transaction of its writes. */
import { RequestDoneError } from "../write_request.ts";
import type { WriteJob } from "./write_job.ts";
import type { SqlConnection } from "./sql_driver.ts";

/** Adds to a job that it stores the id of its request, and is not done if that is stored. */
export function noteRequest<T>(job: WriteJob<T>, id: string): WriteJob<T> {
  return {
    ...job,
    single: false,
    check: (sql) => {
      requireNew(sql, id);
      return job.check?.(sql) ?? "now";
    },
    apply: (sql) => {
      // Another job of the same group may be of the same request.
      requireNew(sql, id);
      sql.prepare("INSERT INTO chachaml_requests (id, written_at) VALUES (?, ?)")
        .run(id, Date.now());
      return job.apply(sql);
    },
  };
}

function requireNew(sql: SqlConnection, id: string): void {
  const known = sql.prepare("SELECT 1 FROM chachaml_requests WHERE id = ?").get(id);
  if (known) throw new RequestDoneError();
}
