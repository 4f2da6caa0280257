/** Sessions of people who have signed in on the page. */
import type { Credentials } from "./options.ts";

/** Sessions at once; the one that was used least recently ends. */
const MOST = 10_000;

/** Milliseconds after which a session that nobody uses ends. */
const IDLE = 7 * 24 * 60 * 60 * 1000;

/**
 * Who has signed in. A session stands for the credentials that it was begun with: they are checked with
 * each request, so that a token that is taken away is good for nothing at once.
 */
export class Sessions {
  readonly #sessions = new Map<string, { credentials: Credentials; used: number }>();

  /** Begins a session; returns its secret name. */
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

  /** The credentials that a request's cookie stands for. */
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

/** Cookies know no ports: servers on one machine would end each other's sessions. */
function cookieName(request: Request): string {
  return `chachaml-${new URL(request.url).port || "web"}`;
}

/** The session that a request names in its cookie. */
export function sessionOf(request: Request): string | undefined {
  const name = cookieName(request);
  const cookies = (request.headers.get("cookie") ?? "").split(";");
  const own = cookies.find((cookie) => cookie.trim().startsWith(`${name}=`));
  return own?.trim().slice(name.length + 1);
}

/** Scripts cannot read the cookie, and no other site sends it. It ends with the browser. */
export function cookieOf(request: Request, id: string): string {
  const secure = new URL(request.url).protocol === "https:" ? "; Secure" : "";
  return `${cookieName(request)}=${id}; Path=/; HttpOnly; SameSite=Strict${secure}`;
}
