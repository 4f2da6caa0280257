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

/**
 * Makes an authority and a certificate signed by it, in a new directory below `dir`.
 *
 * @param names Names of the host, e.g. `"DNS:localhost"`.
 */
export async function makeCertificate(dir: string, names: string): Promise<Certificate> {
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
  const signing = ["-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "names"];
  await run("x509", "-req", "-in", "server.csr", ...signing, "-days", "2", "-out", "server.crt");
  return {
    certificate: join(place, "server.crt"),
    key: join(place, "server.key"),
    authority: join(place, "ca.crt"),
  };
}
