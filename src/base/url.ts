/** URLs of databases and buckets. They may contain passwords. */

/** Replacement for a secret. */
const MASK = "***";

/** Names of query parameters that hold secrets. */
const SECRET_PARAMETER = /pass|secret|token|key|credential/i;

/** A percent-encoded URL with a user, as the value of a parameter, e.g. of an endpoint. */
const ENCODED_USER = /(:|%3a)(\/|%2f){2}.*(@|%40)/i;

/** Returns the scheme of a URL in lower case, without colon; `undefined` for a path. */
export function schemeOf(place: string | URL): string | undefined {
  if (place instanceof URL) return place.protocol.slice(0, -1);
  // A single letter is a Windows drive.
  return /^([a-z][a-z0-9+.-]+):\/\//i.exec(place)?.[1]?.toLowerCase();
}

/**
 * Returns a URL that is safe to show: password and secret parameters masked. From a malformed URL,
 * e.g. one with "/" in its password, it may remove more.
 */
export function withoutSecrets(url: string): string {
  return url
    .replace(/^([a-z][a-z0-9+.-]*:\/\/)(.*)@/is, (_, scheme: string, user: string) => {
      const name = user.split(":", 1)[0]!;
      return `${scheme}${name}${user.includes(":") ? `:${MASK}` : ""}@`;
    })
    .replace(/([?&])([^=&#]+)=([^&#]*)/g, (pair, before: string, name: string, value: string) => {
      return SECRET_PARAMETER.test(name) || ENCODED_USER.test(value)
        ? `${before}${name}=${MASK}`
        : pair;
    });
}
