/** Selection of artifact rows. */
import { whole } from "./whole_text.ts";

export { entryOf, pathOf } from "../rows/artifact_row.ts";

const TEXTS = whole("a.id", "a.run_id", "a.name", "a.path", "a.content_type");

/** Selects artifacts. */
export const SELECT_ENTRY = `SELECT ${TEXTS}, a.size, a.hash, a.created_at FROM artifacts AS a`;
