/**
 * Validation of artifact names and run ids, shared by the API, the command line and records from a
 * database. A name becomes a path below the artifact directory on any operating system.
 */
import { InvalidNameError, type NameRule } from "../base/errors.ts";
import { findDeception } from "./deceptive.ts";

/** Maximum length of a name, in bytes of UTF-8. */
const MAX_NAME_BYTES = 1024;
/** Maximum length of a segment, in bytes of UTF-8: the limit of most file systems. */
const MAX_SEGMENT_BYTES = 255;

/** Name of the store's own directory in the artifact directory. */
export const STAGING = ".staging";

/** File in the artifact directory's `.staging` that names the database it belongs to. */
export const OWNER = "owner";

/** C0, DEL and C1 controls, and the line and paragraph separators. */
// deno-lint-ignore no-control-regex
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;
const LONE_SURROGATE = /\p{Surrogate}/u;
const DRIVE_OR_SCHEME = /^[A-Za-z][A-Za-z0-9+.-]*:/;
const FORBIDDEN = /[<>:"|?*]/;
/** Names of devices on Windows, reserved with any extension. */
const DEVICE = /^(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])\s*(\.|$)/i;

const encoder = new TextEncoder();

type Refusal = [rule: NameRule, reason: string];

/** Returns the rule that makes `name` unsafe as a path below a directory on any system. */
function unsafe(name: unknown): Refusal | undefined {
  if (typeof name !== "string") return ["not-text", "it must be a string"];
  if (name === "") return ["empty", "it is empty"];
  if (CONTROL.test(name)) return ["control-character", "it has a control character"];
  if (LONE_SURROGATE.test(name)) return ["lone-surrogate", "it is not valid Unicode"];
  if (name.includes("\\")) return ["backslash", 'it has a backslash; separate directories by "/"'];
  if (name.startsWith("/")) return ["absolute", 'it must be relative, without "/" at its start'];
  if (DRIVE_OR_SCHEME.test(name)) {
    return ["drive-or-scheme", "it starts like a drive letter or a URL"];
  }
  for (const segment of name.split("/")) {
    if (segment === "") {
      return ["empty-segment", 'it has an empty segment ("//", or "/" at its end)'];
    }
    if (segment === "." || segment === "..") {
      return ["dot-segment", `it has the segment "${segment}"`];
    }
  }
}

/** Returns the rule that makes a safe `name` too long for common file systems. */
function overlong(name: string): Refusal | undefined {
  const bytes = encoder.encode(name).length;
  if (bytes > MAX_NAME_BYTES) {
    return ["too-long", `it is ${bytes} bytes long; at most ${MAX_NAME_BYTES} are allowed`];
  }
  for (const segment of name.split("/")) {
    const length = encoder.encode(segment).length;
    if (length > MAX_SEGMENT_BYTES) {
      return [
        "segment-too-long",
        `a segment is ${length} bytes long; at most ${MAX_SEGMENT_BYTES} are allowed`,
      ];
    }
  }
}

/** Returns the rule that makes a safe `name` invalid on Windows. */
function unportable(name: string): Refusal | undefined {
  const forbidden = FORBIDDEN.exec(name);
  if (forbidden) {
    return ["forbidden-character", `it has "${forbidden[0]}", which Windows does not allow`];
  }
  for (const segment of name.split("/")) {
    if (/[. ]$/.test(segment)) {
      return ["trailing-dot-or-space", "a segment ends in a dot or a space"];
    }
    if (DEVICE.test(segment)) return ["reserved", `"${segment}" is a device on Windows`];
  }
}

/**
 * Throws `InvalidNameError` if an artifact name breaks a rule. The rules of Windows apply unless
 * `portable` is false.
 */
export function assertArtifactName(
  name: unknown,
  { portable = true }: { readonly portable?: boolean | undefined } = {},
): asserts name is string {
  const refusal = unsafe(name) ?? findDeception(name as string) ?? overlong(name as string) ??
    (portable ? unportable(name as string) : undefined);
  if (refusal) throw new InvalidNameError("an artifact name", name, ...refusal);
}

/**
 * Throws `InvalidNameError` if a run id breaks a rule: one segment, portable, and not reserved by
 * the store.
 */
export function assertRunId(id: unknown): asserts id is string {
  const refusal = unsafe(id) ?? findDeception(id as string) ?? overlong(id as string) ??
    unportable(id as string) ??
    notARunId(id as string);
  if (refusal) throw new InvalidNameError("a run id", id, ...refusal);
}

function notARunId(id: string): Refusal | undefined {
  if (id.includes("/")) return ["several-segments", 'it must not contain "/"'];
  if (fold(id) === fold(STAGING)) return ["reserved", "the store uses this name itself"];
}

/**
 * Returns why the path of a record is unsafe, or `undefined`. Another program may have stored it,
 * so names that are merely unportable pass.
 */
export function unsafePath(path: unknown): string | undefined {
  const refusal = unsafe(path);
  if (refusal) return refusal[1];
  if (fold((path as string).split("/", 1)[0]!) === fold(STAGING)) {
    return "it lies in the store's own directory";
  }
}

/**
 * Returns the form in which names are compared. Two names have the same form if a file system that
 * ignores case or normalization cannot hold both. Lower case comes first, because it maps the
 * variants of sigma to one.
 */
export function fold(name: string): string {
  return name.normalize("NFC").toLowerCase().toUpperCase().normalize("NFC");
}
