/** Failures of `fetch`, whose reason is in the messages of their causes. */

/** Failures by what their messages say, and what to do about them. */
const STATES: readonly (readonly [RegExp, string])[] = [
  [
    /certificate: (NotValidForName|certificate not valid for name)/,
    "its certificate is for another name; use the name that it has",
  ],
  [/certificate: (certificate )?expired/i, "its certificate has expired"],
  [
    /certificate: (NotValidYet|certificate not valid yet)/,
    "its certificate is not valid yet; check the clocks of both machines",
  ],
  [
    /invalid peer certificate/,
    "its certificate is not trusted; DENO_CERT=FILE names the certificate of whoever signed it",
  ],
  [/InvalidContentType|corrupt message/, "it does not speak HTTPS; use http://"],
  [/dns error/, "its name has no address; check the spelling and the network"],
  [/invalid HTTP version/, "it does not speak HTTP; use https://"],
];

/** Returns the messages of an error and its causes. */
export function detailsOf(error: unknown): string {
  const messages: string[] = [];
  for (let each = error; each instanceof Error; each = each.cause) messages.push(each.message);
  return messages.join(": ");
}

/** Describes in words why a request failed, and what to do. */
export function describeFailure(error: unknown): string {
  const details = detailsOf(error);
  const known = STATES.find(([words]) => words.test(details));
  return known?.[1] ?? "nothing answers there; is it running?";
}
