/** Storing of a request's id in the transaction of its writes. */
import { RequestDoneError } from "../write_request.ts";
import type { Sql } from "./client.ts";

/** Stores the id of a request in its transaction. Waits for another one that stores the same. */
export async function noteRequest(sql: Sql, id: string): Promise<void> {
  const stored = await sql.run(
    "INSERT INTO chachaml_requests (id, written_at) VALUES (?, ?) ON CONFLICT DO NOTHING",
    id,
    Date.now(),
  );
  if (stored === 0) throw new RequestDoneError();
}
