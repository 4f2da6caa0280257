/** Short text as a column of an index: equal values are adjacent, and long ones cost nothing. */

/** Maximum length, in bytes. Text with U+0000, which the drivers truncate, counts as long. */
const MOST = 64;

/** Returns SQL for the text of a column; `NULL` if it is long, or not text. */
export function shortText(column: string): string {
  return `CASE WHEN typeof(${column}) = 'text' AND length(CAST(${column} AS BLOB)) <= ${MOST}
    AND instr(${column}, char(0)) = 0 THEN ${column} END`;
}

/** Index on names and values of params. May be missing in a read-only database, like the others. */
export const PARAM_INDEX = "chachaml_params_value";

/** Index on names and values of tags. */
export const TAG_INDEX = "chachaml_tags_value";

/** Index on the tags of a run's start. */
export const START_TAGS_INDEX = "chachaml_runs_tags";

/** All these indexes, with their columns. */
export const VALUE_INDEXES: Readonly<Record<string, string>> = {
  [PARAM_INDEX]: `params(key, ${shortText("value")})`,
  [TAG_INDEX]: `tags(key, ${shortText("value")})`,
  [START_TAGS_INDEX]: `runs(${shortText("tags")}) WHERE tags IS NOT NULL`,
};
