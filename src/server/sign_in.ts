/** Callers by token, and by name and password. */
import { scrypt } from "node:crypto";
import { timingSafeEqual } from "@std/crypto";
import { InvalidOptionError } from "../base/errors.ts";
import type { Caller, Credentials, Role } from "./options.ts";

const ROLES: readonly string[] = ["reader", "writer", "admin"];

/** Passwords that were found right are not hashed again: it is slow on purpose. */
const MOST_REMEMBERED = 1000;

/** A caller with what proves it. */
interface Account {
  readonly caller: Caller;
  /** A token or a password: as it is, or `scrypt:<salt>:<hash>` in Base64. */
  readonly secret: string;
}

/**
 * Reads a file of tokens: `<token>`, `<token> <role>` or `<token> <role> <name>` a line. A role is
 * `reader`, `writer` (if left out) or `admin`; `#` begins a comment.
 *
 * @throws {InvalidOptionError} If a line cannot be read, or there is none.
 */
export function parseTokens(text: string): Account[] {
  return accountsOf(text, "token", (line) => {
    const [secret, role = "writer", ...name] = line.split(/\s+/);
    return { secret, role, name: name.length > 0 ? name.join(" ") : null };
  });
}

/**
 * Reads a file of users: `<name>:<role>:<password>` a line. A password stands there as it is, or as
 * {@linkcode hashPassword} gives it.
 *
 * @throws {InvalidOptionError} If a line cannot be read, or there is none.
 */
export function parseUsers(text: string): Account[] {
  return accountsOf(text, "user", (line) => {
    const [, name, role, secret] = /^([^:]+):([^:]*):(.+)$/.exec(line) ?? [];
    return { secret, role: role === "" ? "writer" : role, name: name ?? null };
  });
}

function accountsOf(
  text: string,
  what: string,
  parse: (line: string) => {
    secret: string | undefined;
    role: string | undefined;
    name: string | null;
  },
): Account[] {
  const accounts = text.split(/\r?\n/).flatMap((line, at): Account[] => {
    if (line.trim() === "" || line.startsWith("#")) return [];
    const { secret, role, name } = parse(line.trim());
    if (secret === undefined || role === undefined || !ROLES.includes(role)) {
      throw new InvalidOptionError(
        `Cannot read line ${at + 1} of the ${what} file: it takes ${
          what === "token" ? "TOKEN [ROLE [NAME]]" : "NAME:ROLE:PASSWORD"
        }, with a role of ${ROLES.join(", ")}`,
      );
    }
    return [{ caller: { name, role: role as Role }, secret }];
  });
  if (accounts.length > 0) return accounts;
  throw new InvalidOptionError(`Cannot use the ${what} file: it names no ${what}`);
}

/** Makes a function that finds the caller of credentials. */
export function signIn(
  tokens: readonly Account[],
  users: readonly Account[],
): (credentials: Credentials) => Promise<Caller | undefined> {
  const remembered = new Map<string, Caller>();
  return async ({ token, name, password }) => {
    if (token !== undefined) return await find(tokens, token);
    if (name === undefined || password === undefined) return undefined;
    const key = await digestOf(`${name}\0${password}`);
    const known = remembered.get(key);
    if (known) return known;
    // A token is understood as a password too: some clients know Basic alone.
    const own = users.filter(({ caller }) => caller.name === name);
    const caller = await find(own, password) ?? await find(tokens, password);
    if (caller && remembered.size < MOST_REMEMBERED) remembered.set(key, caller);
    return caller;
  };
}

/** Compares with every account, so that the time taken does not say which one fits. */
async function find(accounts: readonly Account[], given: string): Promise<Caller | undefined> {
  let found: Caller | undefined;
  for (const { caller, secret } of accounts) {
    if (await matches(secret, given)) found ??= caller;
  }
  return found;
}

async function matches(secret: string, given: string): Promise<boolean> {
  const [, salt, hash] = /^scrypt:([\w+/=]+):([\w+/=]+)$/.exec(secret) ?? [];
  if (salt !== undefined && hash !== undefined) {
    return timingSafeEqual(await derive(given, Uint8Array.fromBase64(salt)), fromBase64(hash));
  }
  const [expected, actual] = await Promise.all([secret, given].map(sha256));
  return timingSafeEqual(expected!, actual!);
}

/** A password as it can stand in a file of users: nobody who reads it can sign in. */
export async function hashPassword(password: string): Promise<string> {
  const salt = crypto.getRandomValues(new Uint8Array(16));
  return `scrypt:${salt.toBase64()}:${(await derive(password, salt)).toBase64()}`;
}

function derive(password: string, salt: Uint8Array): Promise<Uint8Array> {
  return new Promise((resolve, reject) =>
    scrypt(
      password,
      salt,
      32,
      (error, key) => error ? reject(error) : resolve(new Uint8Array(key)),
    )
  );
}

function fromBase64(text: string): Uint8Array {
  return Uint8Array.fromBase64(text);
}

async function sha256(text: string): Promise<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}

async function digestOf(text: string): Promise<string> {
  return (await sha256(text)).toHex();
}
