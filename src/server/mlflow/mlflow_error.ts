/** The error codes of the MLflow protocol, each with its HTTP status. */
const STATUS = {
  INVALID_PARAMETER_VALUE: 400,
  RESOURCE_ALREADY_EXISTS: 400,
  BAD_REQUEST: 400,
  RESOURCE_DOES_NOT_EXIST: 404,
  ENDPOINT_NOT_FOUND: 404,
  PERMISSION_DENIED: 403,
  REQUEST_TIMEOUT: 408,
  RESOURCE_CONFLICT: 409,
  NOT_IMPLEMENTED: 501,
  INTERNAL_ERROR: 500,
  TEMPORARILY_UNAVAILABLE: 503,
} as const;

/** A code of the MLflow protocol. */
export type MlflowCode = keyof typeof STATUS;

/**
 * A failure as the MLflow client understands it. The client repeats a call that fails with 5xx for
 * minutes, so a mistake of the client never becomes one.
 */
export class MlflowError extends Error {
  override readonly name = "MlflowError";
  /** The code of the protocol. */
  readonly code: MlflowCode;

  /** Makes an error with a message for people. */
  constructor(code: MlflowCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  /** The HTTP status of its code. */
  get status(): number {
    return STATUS[this.code];
  }
}

/** An error for a value that cannot be used. */
export function invalid(message: string): MlflowError {
  return new MlflowError("INVALID_PARAMETER_VALUE", message);
}

/** An error for something that is not there. */
export function missing(message: string): MlflowError {
  return new MlflowError("RESOURCE_DOES_NOT_EXIST", message);
}
