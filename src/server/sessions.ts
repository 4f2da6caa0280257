/** Sessions of people who signed in on the page. */
import type { Credentials } from "./options.ts";

/** Maximum number of sessions; the least recently used one ends first. */
const MOST = 10_000;

/** Time after which an unused session ends, in milliseconds. */
const IDLE = 7 * 24 * 60 * 60 * 1000;

/**
 * Active sessions. A session stands for the credentials it started with: they are checked for each
 * request, so a revoked token is invalid immediately.
 */
export class Sessions {
  readonly #sessions = new Map<string, { credentials: Credentials; used: number }>();

  /** Starts a session. Returns its secret id. */
  begin(credentials: Credentials): string {
    const id = crypto.getRandomValues(new Uint8Array(32)).toHex();
    this.#sessions.set(id, { credentials, used: Date.now() });
    if (this.#sessions.size > MOST) this.#sessions.delete(this.#sessions.keys().next().value!);
    return id;
  }

  /** Ends a session. */
  end(id: string): void {
    this.#sessions.delete(id);
  }

  /** Returns the credentials of the session in a request's cookie. */
  credentialsOf(request: Request): Credentials | undefined {
    const id = sessionOf(request);
    const session = id === undefined ? undefined : this.#sessions.get(id);
    if (!session) return undefined;
    this.#sessions.delete(id!);
    if (Date.now() - session.used > IDLE) return undefined;
    session.used = Date.now();
    this.#sessions.set(id!, session);
    return session.credentials;
  }
}

/**
 * Returns the name of the cookie. Cookies ignore ports: servers on one machine would otherwise
 * overwrite each other's.
 */
function cookieName(request: Request): string {
  return `chachaml-${new URL(request.url).port || "web"}`;
}

/** Returns the session id in a request's cookie. */
export function sessionOf(request: Request): string | undefined {
  const name = cookieName(request);
  const cookies = (request.headers.get("cookie") ?? "").split(";");
  const own = cookies.find((cookie) => cookie.trim().startsWith(`${name}=`));
  return own?.trim().slice(name.length + 1);
}

/**
 * Returns the cookie of a session. Scripts cannot read it, other sites do not send it, and it ends
 * with the browser session.
 */
export function cookieOf(request: Request, id: string): string {
  const secure = new URL(request.url).protocol === "https:" ? "; Secure" : "";
  return `${cookieName(request)}=${id}; Path=/; HttpOnly; SameSite=Strict${secure}`;
}
