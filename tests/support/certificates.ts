/** Certificates for tests, by the program `openssl`. */
import { join } from "@std/path";
import { versionOf } from "./programs.ts";

/** Why there are no certificates; `undefined` if there can be some. */
export const opensslMissing: string | undefined =
  await versionOf("openssl", "version") !== undefined
    ? undefined
    : "there is no openssl; install it";

/** Paths of a certificate and its key, and of the certificate of the authority that signed it. */
export interface Certificate {
  readonly certificate: string;
  readonly key: string;
  readonly authority: string;
}

/** An authority of the program, which can set both dates of a certificate. */
const CONFIGURATION = `
  [ca]
  default_ca = own
  [own]
  database = index
  serial = serial
  new_certs_dir = .
  default_md = sha256
  policy = any
  [any]
  commonName = supplied
`;

const DATES = {
  valid: ["-days", "2"],
  expired: ["-startdate", "20200101000000Z", "-enddate", "20200102000000Z"],
  early: ["-startdate", "20990101000000Z", "-enddate", "20990102000000Z"],
} as const;

/**
 * Makes an authority and a certificate signed by it, in a new directory below `dir`.
 *
 * @param names Names of the host, e.g. `"DNS:localhost"`.
 * @param validity When the certificate is valid: now, no longer, or not yet.
 */
export async function makeCertificate(
  dir: string,
  names: string,
  validity: keyof typeof DATES = "valid",
): Promise<Certificate> {
  const place = await Deno.makeTempDir({ dir });
  const run = async (...args: string[]) => {
    const { success, stderr } = await new Deno.Command("openssl", { args, cwd: place }).output();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
  };
  const key = (name: string) => ["-newkey", "rsa:2048", "-nodes", "-keyout", `${name}.key`];
  const authority = ["-subj", "/CN=Test Authority", "-days", "2", "-out", "ca.crt"];
  await run("req", "-x509", ...key("ca"), ...authority);
  await run("req", ...key("server"), "-subj", "/CN=server", "-out", "server.csr");
  await Deno.writeTextFile(join(place, "names"), `subjectAltName=${names}\n`);
  await Deno.writeTextFile(join(place, "index"), "");
  await Deno.writeTextFile(join(place, "serial"), "01\n");
  await Deno.writeTextFile(join(place, "configuration"), CONFIGURATION);
  const signing = ["-cert", "ca.crt", "-keyfile", "ca.key", "-extfile", "names"];
  const files = ["-in", "server.csr", "-out", "server.crt"];
  await run(
    "ca",
    "-batch",
    "-notext",
    "-config",
    "configuration",
    ...signing,
    ...files,
    ...DATES[validity],
  );
  return {
    certificate: join(place, "server.crt"),
    key: join(place, "server.key"),
    authority: join(place, "ca.crt"),
  };
}
