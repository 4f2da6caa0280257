/** Failures as chachaml's API answers them: `{"error": "…"}` with a status. */
import { ChachamlError, RunStateError } from "../../base/errors.ts";
import { FilterError } from "../../metadata/filter.ts";
import { problemOf } from "../problem.ts";
import { messageOf } from "./wording.ts";

/** Whether a path is one of this API: MLflow's protocol has others below `/api/`. */
export function isApiPath(path: string): boolean {
  return /^\/api\/(?!\d)/.test(path);
}

/** A failure with its HTTP status. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  /** The HTTP status. */
  readonly status: number;
  /** Where in a filter it is, if it is there. */
  readonly position: number | undefined;

  /** Makes an error with a message for people. */
  constructor(status: number, message: string, options: ErrorOptions & { position?: number } = {}) {
    super(message, options);
    this.status = status;
    this.position = options.position;
  }
}

/** An error for a request that cannot be answered as it is. */
export function bad(message: string): ApiError {
  return new ApiError(400, message);
}

/** An error for something that is not there. */
export function absent(message: string): ApiError {
  return new ApiError(404, message);
}

/** Any error as one of the API. What the server itself got wrong is not told outside. */
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

/** An error as an answer. */
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
