/** URLs of databases and buckets, which may hold a password. */

/** What stands in place of a secret. */
const MASK = "***";

/** Parameters of a query whose values are secrets. */
const SECRET_PARAMETER = /pass|secret|token|key|credential/i;

/** The scheme of a URL, in lower case without its colon; `undefined` for a path. */
export function schemeOf(place: string | URL): string | undefined {
  if (place instanceof URL) return place.protocol.slice(0, -1);
  // One letter is a drive of Windows.
  return /^([a-z][a-z0-9+.-]+):\/\//i.exec(place)?.[1]?.toLowerCase();
}

/**
 * A URL as it may be shown: without its password and without secrets among its parameters. Of one that
 * is malformed, such as one with a "/" in its password, it rather leaves out too much.
 */
export function withoutSecrets(url: string): string {
  return url
    .replace(/^([a-z][a-z0-9+.-]*:\/\/)(.*)@/is, (_, scheme: string, user: string) => {
      const name = user.split(":", 1)[0]!;
      return `${scheme}${name}${user.includes(":") ? `:${MASK}` : ""}@`;
    })
    .replace(/([?&])([^=&#]+)=([^&#]*)/g, (pair, before: string, name: string) => {
      return SECRET_PARAMETER.test(name) ? `${before}${name}=${MASK}` : pair;
    });
}
