/** The protocol between a store here and its server. */

/** Version of the protocol. It grows when an older server would misunderstand a call. */
export const PROTOCOL = 1;

/** Header with the version that the caller speaks. */
export const PROTOCOL_HEADER = "chachaml-protocol";

/** Header with the id of a write: a write of an id that was done is not done again. */
export const REQUEST_HEADER = "chachaml-request";

/** Header with the record of an artifact whose bytes are answered: Base64 of its text. */
export const RECORD_HEADER = "chachaml-record";

/**
 * Header of a write that may have arrived before: the instance of the server that it was sent to, or
 * `"unknown"`.
 */
export const AGAIN_HEADER = "chachaml-again";

/** Path below which the endpoints are. */
export const BASE = "api/store";

/** What a server says of itself. */
export interface ServerInfo {
  /** Version of its protocol. */
  readonly protocol: number;
  /** Another one for each start of the server: it knows the writes since then. */
  readonly instance: string;
  /** Version of chachaml. */
  readonly version: string;
  /** Whether it refuses the caller's writes. */
  readonly readOnly: boolean;
  /** Its time, in epoch milliseconds. */
  readonly now: number;
}
