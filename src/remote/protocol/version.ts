/** Protocol between a remote store and its server. */

/** Version of the protocol. Incremented for changes that older servers would misunderstand. */
export const PROTOCOL = 1;

/** Header with the client's protocol version. */
export const PROTOCOL_HEADER = "chachaml-protocol";

/** Header with the id of a write. The server performs a write of the same id only once. */
export const REQUEST_HEADER = "chachaml-request";

/** Header with the record of the artifact in the body: Base64 of its text. */
export const RECORD_HEADER = "chachaml-record";

/**
 * Header of a repeated write: the instance of the server that received it first, or `"unknown"`.
 */
export const AGAIN_HEADER = "chachaml-again";

/** Path below which the endpoints are. */
export const BASE = "api/store";

/** Description of a server. */
export interface ServerInfo {
  /** Version of its protocol. */
  readonly protocol: number;
  /** Id of the running server process, which knows the write ids since its start. */
  readonly instance: string;
  /** Version of chachaml. */
  readonly version: string;
  /** Whether it rejects writes of the caller. */
  readonly readOnly: boolean;
  /** Its time, in epoch milliseconds. */
  readonly now: number;
}
