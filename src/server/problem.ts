/** Conversion of store errors to HTTP errors. Client errors never become a 5xx. */
import { ChachamlError } from "../base/errors.ts";
import { SlowBodyError } from "./http/limits.ts";
import { MlflowError } from "./mlflow/mlflow_error.ts";

/** Error codes of the protocol by those of the store. */
const CODES: Readonly<Record<string, ConstructorParameters<typeof MlflowError>[0]>> = {
  "invalid-name": "INVALID_PARAMETER_VALUE",
  "invalid-option": "INVALID_PARAMETER_VALUE",
  "invalid-source": "INVALID_PARAMETER_VALUE",
  "source-changed": "BAD_REQUEST",
  "unsafe-path": "INVALID_PARAMETER_VALUE",
  "run-state": "INVALID_PARAMETER_VALUE",
  "unknown-name": "RESOURCE_DOES_NOT_EXIST",
  "run-not-found": "RESOURCE_DOES_NOT_EXIST",
  "artifact-not-found": "RESOURCE_DOES_NOT_EXIST",
  "model-not-found": "RESOURCE_DOES_NOT_EXIST",
  "artifact-exists": "RESOURCE_ALREADY_EXISTS",
  "artifact-in-use": "RESOURCE_CONFLICT",
  "read-only": "PERMISSION_DENIED",
  "store-busy": "TEMPORARILY_UNAVAILABLE",
  "store-closed": "TEMPORARILY_UNAVAILABLE",
};

/** Converts an error to one of the protocol. Internal errors are not disclosed. */
export function problemOf(error: unknown): MlflowError {
  if (error instanceof MlflowError) return error;
  if (causes(error).some((cause) => cause instanceof SlowBodyError)) {
    return new MlflowError("REQUEST_TIMEOUT", "The request body comes too slowly", {
      cause: error,
    });
  }
  if (isCutShort(error)) {
    return new MlflowError("BAD_REQUEST", "The request ended before its body did", {
      cause: error,
    });
  }
  if (error instanceof ChachamlError) {
    const code = CODES[error.code] ?? "INTERNAL_ERROR";
    return new MlflowError(code, error.message, { cause: error });
  }
  return new MlflowError("INTERNAL_ERROR", "The server failed to answer; see its log", {
    cause: error,
  });
}

/** Whether the client disconnected while its body was read. */
function isCutShort(error: unknown): boolean {
  return causes(error).some((cause) =>
    /request body|body.*(closed|incomplete)|connection (closed|reset)/i.test(cause.message) ||
    cause instanceof Deno.errors.Http || cause.name === "AbortError"
  );
}

/** Formats an error with its causes. */
function causes(error: unknown): Error[] {
  return error instanceof Error ? [error, ...causes(error.cause)] : [];
}
