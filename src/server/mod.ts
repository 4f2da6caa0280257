/**
 * Serves a store over HTTP: the web page, chachaml's API, and the MLflow tracking protocol for
 * clients in any language.
 *
 * @module
 */
export { createHandler } from "./handler.ts";
export { openApiDocument } from "./api/app.ts";
export { createReport } from "./report/report.ts";
export type { ReportOptions } from "./report/report.ts";
export type { Handler } from "./handler.ts";
export { serveStore } from "./serve.ts";
export type { ServeOptions } from "./serve.ts";
export { hashPassword } from "./sign_in.ts";
export type { AccessEntry, Caller, Credentials, HandlerOptions, Role } from "./options.ts";
