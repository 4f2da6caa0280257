/** Which shell examples of the pages are run by which test. */

/** Those run by `shell_examples_test.ts`, by page. */
export const RUN: Readonly<Record<string, RegExp>> = {
  "README.md": /chachaml exec/,
  "docs/operators.md": /(?:)/,
  "docs/cli.md": /^(?!.*(postgres:|chachaml (serve|ui|watch --json)|--url))/s,
};

/** Those that serve or watch, or need what serves, run by `serve_examples_test.ts`. */
export const SERVING: Readonly<Record<string, RegExp>> = {
  "README.md": /chachaml serve/,
  "docs/cli.md": /^chachaml (serve|ui|watch --json)/,
  "docs/page.md": /(?:)/,
  "docs/python.md": /(?:)/,
  "docs/remote.md": /^(?!.*postgres:)/s,
  "docs/server.md": /(?:)/,
};

/** Those run by `http_examples_test.ts`. */
export const CALLING: Readonly<Record<string, RegExp>> = {
  "docs/http.md": /(?:)/,
  "docs/mcp.md": /(?:)/,
};

/** Those that are not run, each with the reason. */
export const NOT_RUN: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [/task demo/, "CI runs both tasks, on a fresh checkout"],
  [
    /postgres:/,
    "needs a database server; tests/metadata/postgres and tests/bytes/s3 do the same with theirs",
  ],
  [/--url/, "needs a bucket; tests/bytes/s3 makes such URLs"],
];
