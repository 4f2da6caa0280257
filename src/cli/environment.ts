/** Environment variables, listed in help, the manual page and docs/cli.md. */
export const VARIABLES: readonly (readonly [name: string, meaning: string])[] = [
  ["CHACHAML_DB", "Database of the store, unless --db is given"],
  ["CHACHAML_ARTIFACT_DIR", "Its artifact directory, unless --artifact-dir is given"],
  ["CHACHAML_CEILING", "Topmost directory of the search for a store"],
  ["CHACHAML_RUN", "The run that @run stands for; exec sets it"],
  ["CHACHAML_PAGER", "Shows long lists on a terminal (default: $PAGER, else less); cat for none"],
  ["CHACHAML_DEBUG", "If set, errors show where they come from"],
  ["NO_COLOR", "If set, no colors"],
];

/** Location of the documentation. */
export const LINK = "jsr:@chachaml/store";
