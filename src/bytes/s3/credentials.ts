/** Credentials for signing requests. They are never stored, logged or printed. */
import { quote, StorageError } from "../../base/errors.ts";
import { onDemand } from "../../base/on_demand.ts";
import { variable } from "../../base/variable.ts";

/** Credentials of an account. */
export interface Credentials {
  /** Id of the access key. */
  readonly accessKeyId: string;
  /** Secret access key. */
  readonly secretAccessKey: string;
  /** Session token of temporary credentials. */
  readonly sessionToken?: string | undefined;
  /** Expiration of temporary credentials. */
  readonly expiration?: Date | undefined;
}

/** Time before expiration at which credentials are renewed, in milliseconds. */
const RENEW_BEFORE = 5 * 60 * 1000;

/**
 * Finds credentials like AWS's own programs: environment variables, profiles, SSO, web identity,
 * and roles of containers and instances. Only environment variables are read here; the rest is
 * AWS's provider chain, loaded on demand.
 */
export class CredentialSource {
  readonly #profile: string | undefined;
  #found: Promise<Credentials> | undefined;
  #chain: ((options?: { forceRefresh?: boolean }) => Promise<Credentials>) | undefined;

  /** Creates a source for a profile; `undefined` means the default one. */
  constructor(profile: string | undefined) {
    this.#profile = profile;
  }

  /** Returns the credentials, renewed before they expire. */
  async get(): Promise<Credentials> {
    this.#found ??= this.#find(false);
    try {
      const found = await this.#found;
      const { expiration } = found;
      if (!expiration || expiration.getTime() - Date.now() > RENEW_BEFORE) return found;
    } catch (error) {
      this.#found = undefined;
      throw error;
    }
    return await this.renew();
  }

  /** Renews the credentials, e.g. if the server reports that they expired. */
  renew(): Promise<Credentials> {
    return this.#found = this.#find(true);
  }

  async #find(forceRefresh: boolean): Promise<Credentials> {
    const fromVariables = this.#profile === undefined ? readVariables() : undefined;
    if (fromVariables) return fromVariables;
    const profile = this.#profile ?? variable("AWS_PROFILE");
    try {
      if (!this.#chain) {
        const { defaultProvider } = await import(
          onDemand("./aws_chain.ts")
        ) as typeof import("./aws_chain.ts");
        this.#chain = defaultProvider(profile === undefined ? {} : { profile });
      }
      return await this.#chain({ forceRefresh });
    } catch (error) {
      const of = profile === undefined ? "" : ` of the profile ${quote(profile)}`;
      throw new StorageError(
        `find AWS credentials${of}`,
        `${
          (error as Error).message
        }; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or sign in (aws sso login)`,
        { cause: error },
      );
    }
  }
}

function readVariables(): Credentials | undefined {
  const accessKeyId = variable("AWS_ACCESS_KEY_ID");
  const secretAccessKey = variable("AWS_SECRET_ACCESS_KEY");
  if (accessKeyId === undefined || secretAccessKey === undefined) return undefined;
  return { accessKeyId, secretAccessKey, sessionToken: variable("AWS_SESSION_TOKEN") };
}
