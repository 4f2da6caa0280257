/** Location of a bucket, from a URL: `s3://bucket/prefix?endpoint=…&region=…`. */
import { InvalidOptionError, quote } from "../../base/errors.ts";
import { withoutSecrets } from "../../base/url.ts";
import { variable } from "../../base/variable.ts";
import { unsafePath } from "../../names/names.ts";

/** Location of objects. */
export interface S3Location {
  /** Name of the bucket. */
  readonly bucket: string;
  /** Prefix of every key: empty, or ending in `/`. */
  readonly prefix: string;
  /** Origin of the server, e.g. `https://s3.eu-west-1.amazonaws.com`. */
  readonly endpoint: URL;
  /** Region for signing requests. */
  readonly region: string;
  /**
   * Whether the caller chose the region; otherwise the bucket's region is used once it is known.
   */
  readonly isRegionGiven: boolean;
  /** Whether the bucket is in the path instead of the host name. */
  readonly pathStyle: boolean;
  /** Profile in AWS's configuration files, if one is named. */
  readonly profile: string | undefined;
  /** Headers of every new object. */
  readonly objectHeaders: Readonly<Record<string, string>>;
}

const OPTIONS = [
  "endpoint",
  "region",
  "path-style",
  "profile",
  "storage-class",
  "sse",
  "sse-kms-key-id",
];

/** Bucket names accepted by all servers; some accept more. */
const BUCKET = /^[A-Za-z0-9][A-Za-z0-9._-]{1,254}$/;

/**
 * Parses the URL of a bucket. AWS's environment variables supply what it omits.
 *
 * @throws {InvalidOptionError} If it has an unknown option, a secret, or no bucket.
 */
export function parseLocation(url: string): S3Location {
  const refuse = (reason: string): never => {
    throw new InvalidOptionError(`Cannot open the bucket ${quote(withoutSecrets(url))}: ${reason}`);
  };
  const [, authority = "", path = "", search = ""] =
    /^s3:\/\/([^/?#]*)\/?([^?#]*)(?:\?([^#]*))?$/.exec(url) ??
      refuse("it must be s3://bucket/prefix?option=value");
  if (authority.includes("@")) {
    refuse("it must not have a secret; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY");
  }
  if (!BUCKET.test(authority)) refuse(`${quote(authority)} is not the name of a bucket`);
  const options = new URLSearchParams(search);
  for (const key of options.keys()) {
    if (!OPTIONS.includes(key)) {
      refuse(`there is no option ${quote(key)}; it takes ${OPTIONS.join(", ")}`);
    }
  }
  const prefix = decode(path.replace(/\/$/, ""));
  if (prefix === undefined) refuse("its prefix is not percent-encoded UTF-8");
  const reason = prefix === "" ? undefined : unsafePath(prefix);
  if (reason !== undefined) refuse(`its prefix ${quote(prefix)} cannot be used: ${reason}`);
  const given = options.get("endpoint") ?? variable("AWS_ENDPOINT_URL_S3") ??
    variable("AWS_ENDPOINT_URL");
  const region = options.get("region") ?? variable("AWS_REGION") ?? variable("AWS_DEFAULT_REGION");
  const endpoint = given === undefined ? undefined : asOrigin(given);
  if (given !== undefined && !endpoint) {
    const shown = quote(withoutSecrets(given));
    refuse(`the endpoint ${shown} must be an origin, such as https://s3.example.org:9000`);
  }
  const style = options.get("path-style") ?? undefined;
  if (style !== undefined && style !== "true" && style !== "false") {
    refuse(`path-style takes true or false, not ${quote(style)}`);
  }
  return {
    bucket: authority,
    prefix: prefix ? `${prefix}/` : "",
    endpoint: endpoint ?? awsEndpoint(region ?? DEFAULT_REGION),
    region: region ?? DEFAULT_REGION,
    isRegionGiven: region !== undefined,
    pathStyle: style ? style === "true" : endpoint !== undefined || authority.includes("."),
    profile: options.get("profile") ?? undefined,
    objectHeaders: headersOf(options),
  };
}

const DEFAULT_REGION = "us-east-1";

/** Returns AWS's server for a region. */
export function awsEndpoint(region: string): URL {
  const domain = region.startsWith("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
  return new URL(`https://s3.${region}.${domain}`);
}

/** Whether a server is AWS's own. */
export function isAws({ endpoint }: S3Location): boolean {
  return /\.amazonaws\.com(\.cn)?$/.test(endpoint.hostname);
}

function asOrigin(text: string): URL | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  const isPlain = (url.pathname === "/" || url.pathname === "") && url.search === "" &&
    url.username === "" && url.password === "";
  return isPlain && /^https?:$/.test(url.protocol) ? url : undefined;
}

function headersOf(options: URLSearchParams): Record<string, string> {
  const headers: Record<string, string> = {};
  const set = (name: string, option: string) => {
    const value = options.get(option);
    if (value) headers[name] = value;
  };
  set("x-amz-storage-class", "storage-class");
  set("x-amz-server-side-encryption", "sse");
  set("x-amz-server-side-encryption-aws-kms-key-id", "sse-kms-key-id");
  return headers;
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
