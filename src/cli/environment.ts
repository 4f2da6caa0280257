/** Variables that the program reads: help, the man page and docs/cli.md list them. */
export const VARIABLES: readonly (readonly [name: string, meaning: string])[] = [
  ["CHACHAML_DB", "Database of the store, unless --db is given"],
  ["CHACHAML_ARTIFACT_DIR", "Its artifact directory, unless --artifact-dir is given"],
  ["CHACHAML_CEILING", "Directory above which no store is looked for"],
  ["CHACHAML_RUN", "The run that @run stands for; exec sets it"],
  ["CHACHAML_PAGER", "Shows long lists on a terminal (default: $PAGER, else less); cat for none"],
  ["CHACHAML_DEBUG", "If set, errors show where they come from"],
  ["NO_COLOR", "If set, no colors"],
];

/** Where the documentation is. */
export const LINK = "jsr:@chachaml/store";
