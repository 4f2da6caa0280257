/** Errors of a store on a server. */
import { ChachamlError } from "./errors.ts";
import type { Phrase } from "./phrase.ts";

/** The server cannot be reached, or did not answer in time. */
export class ServerUnreachableError extends ChachamlError {
  /** Address of the server. */
  readonly address: string;

  /** Creates the error. `state` says what failed and what to do. */
  constructor(address: string, state: string | Phrase, options?: ErrorOptions) {
    super("server-unreachable", `Cannot reach ${address}: ${state}`, options);
    this.address = address;
  }
}

/** The server does not know the caller, or the caller's role does not allow the call. */
export class AccessDeniedError extends ChachamlError {
  /** Address of the server. */
  readonly address: string;

  /** Creates the error. `state` says why and what to do. */
  constructor(address: string, state: string) {
    super("access-denied", `Cannot use the store at ${address}: ${state}`);
    this.address = address;
  }
}

/** What answers at the address is no chachaml server, or one of another protocol. */
export class ProtocolError extends ChachamlError {
  /** Creates the error. `state` says what answers and what to do. */
  constructor(address: string, state: string, options?: ErrorOptions) {
    super("protocol", `Cannot use ${address} as a store: ${state}`, options);
  }
}

/** The call needs the store's own files, so it has to be made where the store is. */
export class NotRemoteError extends ChachamlError {
  /** Creates the error. `action` is what was asked for. */
  constructor(action: string) {
    super(
      "not-remote",
      `Cannot ${action} a store on a server from here: do it on the server's machine, ` +
        "with the path of the store's database",
    );
  }
}
