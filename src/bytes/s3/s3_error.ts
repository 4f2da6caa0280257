/** Error messages for rejected requests. */
import { quote, StorageError } from "../../base/errors.ts";
import type { S3Location } from "./location.ts";
import { textOf } from "./xml.ts";

/** The server rejected a request, or did not respond. */
export class S3Error extends StorageError {
  /** HTTP status; 0 if there was no response. */
  readonly status: number;
  /** Error code of the server, e.g. `"NoSuchBucket"`. */
  readonly reason: string;

  /** Creates the error. `state` says what the server reported, and what to do. */
  constructor(
    action: string,
    state: string,
    { status, reason, cause }: { status: number; reason: string; cause?: unknown },
  ) {
    super(action, state, cause === undefined ? undefined : { cause });
    this.name = "StorageError";
    this.status = status;
    this.reason = reason;
  }
}

/** Content of an error response. */
export interface Refusal {
  /** HTTP status. */
  readonly status: number;
  /** Error code of the server; derived from the status if it has none. */
  readonly reason: string;
  /** Message of the server, if it has one. */
  readonly message: string;
  /** Region of the bucket, if the response names it. */
  readonly region: string | undefined;
}

/** Reads an error response. */
export async function readRefusal(response: Response): Promise<Refusal> {
  const { status, headers } = response;
  const body = await response.text().catch(() => "");
  return {
    status,
    reason: textOf(body, "Code") ?? BY_STATUS[status] ?? `HTTP ${status}`,
    message: textOf(body, "Message") ?? "",
    region: headers.get("x-amz-bucket-region") ?? textOf(body, "Region"),
  };
}

/** Error codes by status, for responses without a body, such as those to HEAD. */
const BY_STATUS: Record<number, string> = {
  301: "PermanentRedirect",
  403: "AccessDenied",
  404: "NoSuchKey",
  412: "PreconditionFailed",
  416: "InvalidRange",
  501: "NotImplemented",
  503: "ServiceUnavailable",
  507: "InsufficientStorage",
};

/** Creates the error for a rejection. */
export function refusalError(action: string, refusal: Refusal, location: S3Location): S3Error {
  const where = `${action} in the bucket ${quote(location.bucket)}`;
  return new S3Error(where, stateOf(refusal, location), refusal);
}

function stateOf({ status, reason, message, region }: Refusal, location: S3Location): string {
  const { bucket, endpoint, region: own } = location;
  switch (reason) {
    case "NoSuchBucket":
      return `${endpoint.host} has no bucket ${quote(bucket)}; create it, or name another`;
    case "PermanentRedirect":
    case "TemporaryRedirect":
    case "AuthorizationHeaderMalformed":
    case "IllegalLocationConstraintException":
      return region !== undefined && region !== own
        ? `the bucket is in the region ${region}, not ${own}; add ?region=${region} to its URL`
        : `the bucket is not in the region ${own}, or not at ${endpoint.host}; ` +
          "correct region or endpoint in its URL";
    case "RequestTimeTooSkewed":
    case "RequestExpired":
      return "this machine's clock differs from the server's by more than is allowed; set it right";
    case "SignatureDoesNotMatch":
      return "the server refuses the signature; check AWS_SECRET_ACCESS_KEY, or the profile's secret";
    case "InvalidAccessKeyId":
    case "InvalidToken":
      return "the server does not know the access key; check AWS_ACCESS_KEY_ID, or the profile";
    case "ExpiredToken":
    case "TokenRefreshRequired":
      return "the credentials have expired; sign in again (aws sso login)";
    case "AccessDenied":
    case "AllAccessDisabled":
    case "AccountProblem":
      return "access is denied; allow these credentials s3:GetObject, s3:PutObject, " +
        "s3:DeleteObject, s3:ListBucket and s3:AbortMultipartUpload there";
    case "QuotaExceeded":
    case "InsufficientStorage":
    case "InsufficientCapacity":
    case "XMinioStorageFull":
      return "its quota is used up, or the server is full; remove something, or raise the quota";
    case "KeyTooLongError":
      return "its key is too long for the server; use a shorter name";
    case "EntityTooLarge":
      return "it is larger than the server takes";
    case "NoSuchUpload":
      return "its upload was ended by another program, or collected as abandoned; put it again";
    case "SlowDown":
    case "ServiceUnavailable":
    case "InternalError":
      return `the server is overloaded or failing (${status} ${reason}); try again later`;
    default:
      return `the server answers ${status} ${reason}${message && `: ${message}`}`;
  }
}

/** Whether repeating the request may succeed. */
export function isTransient({ status, reason }: S3Error): boolean {
  if (status === 0) return reason !== "Untrusted";
  if (status === 501 || status === 507) return false;
  return status >= 500 || status === 429 || status === 408 ||
    ["RequestTimeout", "SlowDown", "OperationAborted", "ConcurrentModification"].includes(reason);
}

/** Creates the error for a request without response. Returns other errors unchanged. */
export function unansweredError(error: unknown, action: string, location: S3Location): unknown {
  const { bucket, endpoint } = location;
  const where = `${action} in the bucket ${quote(bucket)}`;
  if (error instanceof Deno.errors.NotCapable) {
    const state = `${endpoint.host} must not be asked; pass --allow-net=${endpoint.host}`;
    return new S3Error(where, state, { status: 400, reason: "NotCapable", cause: error });
  }
  // Nothing was sent, e.g. as there are no credentials.
  if (!(error instanceof Error) || error instanceof StorageError) return error;
  // The message contains the long signed URL; its cause describes the failure.
  const said = `${error.message} ${(error.cause as Error | undefined)?.message ?? ""}`;
  const isTls = /certificate|UnknownIssuer|handshake|corrupt message/i.test(said);
  const happened = isTls
    ? "its certificate is not trusted (DENO_CERT names an authority), or it speaks no TLS"
    : /refused/i.test(said)
    ? "the connection is refused"
    : /dns|lookup|resolve/i.test(said)
    ? "its name is not known"
    : error.name === "TimeoutError"
    ? "no answer comes"
    : "the connection breaks";
  const state =
    `${endpoint.host} cannot be reached: ${happened}; check the endpoint and the network`;
  const reason = isTls ? "Untrusted" : "Unanswered";
  return new S3Error(where, state, { status: 0, reason, cause: error });
}
