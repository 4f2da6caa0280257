/** The keys that requests are signed with. They are never stored, logged or printed. */
import { quote, StorageError } from "../../base/errors.ts";
import { onDemand } from "../../base/on_demand.ts";
import { variable } from "../../base/variable.ts";

/** Keys of an account. */
export interface Credentials {
  /** Names the key. */
  readonly accessKeyId: string;
  /** The secret. */
  readonly secretAccessKey: string;
  /** Goes with keys that are only lent. */
  readonly sessionToken?: string | undefined;
  /** When lent keys end. */
  readonly expiration?: Date | undefined;
}

/** Milliseconds before their end at which keys are renewed. */
const RENEW_BEFORE = 5 * 60 * 1000;

/**
 * Finds keys as AWS's own programs do: environment variables, then profiles, SSO, web identity, and
 * the roles of containers and instances. Only the environment is read here; the rest is AWS's own
 * chain, which is loaded when it is needed.
 */
export class CredentialSource {
  readonly #profile: string | undefined;
  #found: Promise<Credentials> | undefined;
  #chain: ((options?: { forceRefresh?: boolean }) => Promise<Credentials>) | undefined;

  /** Finds the keys of a profile; `undefined` means the usual ones. */
  constructor(profile: string | undefined) {
    this.#profile = profile;
  }

  /** The keys, renewed before they end. */
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

  /** Finds the keys again, as where the server says that they have expired. */
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
