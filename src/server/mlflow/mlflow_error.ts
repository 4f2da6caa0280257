/** Error codes of the MLflow protocol, with their HTTP statuses. */
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

/** Error code of the MLflow protocol. */
export type MlflowCode = keyof typeof STATUS;

/**
 * An error in the form of the MLflow protocol. Clients retry 5xx responses for minutes, so client
 * errors never become one.
 */
export class MlflowError extends Error {
  override readonly name = "MlflowError";
  /** Error code of the protocol. */
  readonly code: MlflowCode;

  /** Creates an error with a message for people. */
  constructor(code: MlflowCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  /** HTTP status of the code. */
  get status(): number {
    return STATUS[this.code];
  }
}

/** Creates an error for an invalid value. */
export function invalid(message: string): MlflowError {
  return new MlflowError("INVALID_PARAMETER_VALUE", message);
}

/** Creates an error for a missing resource. */
export function missing(message: string): MlflowError {
  return new MlflowError("RESOURCE_DOES_NOT_EXIST", message);
}
