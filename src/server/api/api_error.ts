/** Errors of chachaml's API: `{"error": "…"}` with a status. */
import { ChachamlError, RunStateError } from "../../base/errors.ts";
import { FilterError } from "../../metadata/filter.ts";
import { problemOf } from "../problem.ts";
import { messageOf } from "./wording.ts";

/** Whether a path belongs to this API; MLflow's protocol also has paths below `/api/`. */
export function isApiPath(path: string): boolean {
  return /^\/api\/(?!\d)/.test(path);
}

/** An error with its HTTP status. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  /** HTTP status. */
  readonly status: number;
  /** Position in a filter, if the error is there. */
  readonly position: number | undefined;

  /** Creates an error with a message for people. */
  constructor(status: number, message: string, options: ErrorOptions & { position?: number } = {}) {
    super(message, options);
    this.status = status;
    this.position = options.position;
  }
}

/** Creates an error for an invalid request. */
export function bad(message: string): ApiError {
  return new ApiError(400, message);
}

/** Creates an error for a missing resource. */
export function absent(message: string): ApiError {
  return new ApiError(404, message);
}

/** Converts any error to one of the API. Internal errors are not disclosed. */
export function apiErrorOf(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  const { status, message: plain, code } = problemOf(error);
  const isShown = error instanceof ChachamlError && status < 500;
  const message = isShown ? messageOf(error) : plain;
  const isConflict = code === "RESOURCE_ALREADY_EXISTS" || error instanceof RunStateError;
  return new ApiError(isConflict ? 409 : status, message, {
    cause: error,
    ...error instanceof FilterError && { position: error.position },
  });
}

/** Converts an error to a response. */
export function errorResponse(error: unknown): Response {
  const { status, message, position } = apiErrorOf(error);
  return new Response(
    JSON.stringify({ error: message, ...position !== undefined && { position } }),
    {
      status,
      headers: {
        "content-type": "application/json",
        "x-content-type-options": "nosniff",
        ...status === 503 && { "retry-after": "1" },
      },
    },
  );
}
