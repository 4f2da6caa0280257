/** Sign-in on the page. */
import type { Hono } from "npm:hono@~4.13.0";
import type { GuardEnv } from "../guard.ts";
import type { Credentials, HandlerOptions } from "../options.ts";
import { cookieOf, sessionOf, type Sessions } from "../sessions.ts";

/** Maximum size of a sign-in request, in bytes. */
const MOST_BYTES = 10_000;

/** Adds the endpoints for signing in and out. */
export function addSignIn(
  app: Hono<GuardEnv>,
  sessions: Sessions,
  { authenticate }: HandlerOptions,
): void {
  app.post("/api/sign-in", async (c) => {
    if (!authenticate) return c.json({ error: "This server asks nobody to sign in" }, 400);
    const credentials = await readCredentials(c.req.raw);
    if (!credentials) return c.json({ error: "Send a token, or a user and a password" }, 400);
    const caller = await authenticate(credentials);
    if (!caller) return c.json({ error: wrong(credentials) }, 401);
    c.header("set-cookie", cookieOf(c.req.raw, sessions.begin(credentials)));
    return c.json({ user: caller.name, role: caller.role });
  });
  app.post("/api/sign-out", (c) => {
    const id = sessionOf(c.req.raw);
    if (id !== undefined) sessions.end(id);
    c.header("set-cookie", `${cookieOf(c.req.raw, "")}; Max-Age=0`);
    return c.json({});
  });
}

function wrong({ token }: Credentials): string {
  return token === undefined
    ? "This name and password are not known to the server"
    : "This token is not known to the server";
}

async function readCredentials(request: Request): Promise<Credentials | undefined> {
  if (Number(request.headers.get("content-length") ?? NaN) > MOST_BYTES) return undefined;
  const body: unknown = await request.json().catch(() => undefined);
  if (typeof body !== "object" || body === null) return undefined;
  const { token, user, password } = body as Record<string, unknown>;
  if (typeof token === "string" && token !== "") return { token: token.trim() };
  if (typeof user !== "string" || typeof password !== "string" || user === "") return undefined;
  return { name: user, password };
}
