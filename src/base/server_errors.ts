/** Errors of stores on a server. */
import { ChachamlError } from "./errors.ts";
import type { Phrase } from "./phrase.ts";

/** The server cannot be reached, or did not respond in time. */
export class ServerUnreachableError extends ChachamlError {
  /** Address of the server. */
  readonly address: string;

  /** Creates the error. `state` describes the failure and its remedy. */
  constructor(address: string, state: string | Phrase, options?: ErrorOptions) {
    super("server-unreachable", `Cannot reach ${address}: ${state}`, options);
    this.address = address;
  }
}

/** The server does not know the caller, or the caller's role does not allow the call. */
export class AccessDeniedError extends ChachamlError {
  /** Address of the server. */
  readonly address: string;

  /** Creates the error. `state` describes the reason and its remedy. */
  constructor(address: string, state: string) {
    super("access-denied", `Cannot use the store at ${address}: ${state}`);
    this.address = address;
  }
}

/** The address is not that of a chachaml server, or the server speaks another protocol version. */
export class ProtocolError extends ChachamlError {
  /** Creates the error. `state` describes the response and the remedy. */
  constructor(address: string, state: string, options?: ErrorOptions) {
    super("protocol", `Cannot use ${address} as a store: ${state}`, options);
  }
}

/** The server was restarted before it answered: whether the write was done is unknown. */
export class ResponseLostError extends ChachamlError {
  /** Creates the error. `action` is the requested operation. */
  constructor(action: string) {
    super(
      "response-lost",
      `Cannot tell whether the server did ${action}: it was restarted before it answered; ` +
        "look at the store, and do it again if it was not done",
    );
  }
}

/** The call needs the store's own files, so it must be made on the server's machine. */
export class NotRemoteError extends ChachamlError {
  /** Creates the error. `action` is the requested operation. */
  constructor(action: string) {
    super(
      "not-remote",
      `Cannot ${action} a store on a server from here: do it on the server's machine, ` +
        "with the path of the store's database",
    );
  }
}
