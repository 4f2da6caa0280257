/** Authentication by token, or by name and password. */
import { scrypt } from "node:crypto";
import { timingSafeEqual } from "@std/crypto";
import { InvalidOptionError } from "../base/errors.ts";
import type { Caller, Credentials, Role } from "./options.ts";

const ROLES: readonly string[] = ["reader", "writer", "admin"];

/** Maximum number of verified passwords to cache: hashing is slow on purpose. */
const MOST_REMEMBERED = 1000;

/** An account with its secret. */
interface Account {
  readonly caller: Caller;
  /** Token or password: in plain text, or as `scrypt:<salt>:<hash>` in Base64. */
  readonly secret: string;
}

/**
 * Parses a token file with lines `<token>`, `<token> <role>` or `<token> <role> <name>`. The role
 * is `reader`, `writer` (the default) or `admin`; `#` starts a comment.
 *
 * @throws {InvalidOptionError} If a line is invalid, or there is none.
 */
export function parseTokens(text: string): Account[] {
  return accountsOf(text, "token", (line) => {
    const [secret, role = "writer", ...name] = line.split(/\s+/);
    return { secret, role, name: name.length > 0 ? name.join(" ") : null };
  });
}

/**
 * Parses a users file with lines `<name>:<role>:<password>`. Passwords are in plain text, or hashed
 * by {@linkcode hashPassword}.
 *
 * @throws {InvalidOptionError} If a line is invalid, or there is none.
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

/** Creates a function that authenticates credentials. */
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
    // A token is also accepted as password, because some clients only support Basic.
    const own = users.filter(({ caller }) => caller.name === name);
    const caller = await find(own, password) ?? await find(tokens, password);
    if (caller && remembered.size < MOST_REMEMBERED) remembered.set(key, caller);
    return caller;
  };
}

/** Compares with every account, so that timing does not disclose a match. */
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

/**
 * Hashes a password for a users file. The hash cannot be used to sign in.
 *
 * @param password Password to hash.
 * @returns The salted scrypt hash as text.
 */
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
