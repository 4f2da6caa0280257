/**
 * The one validator of artifact names and run ids, for the API, the command line and the rows of a
 * database alike. A name becomes a path below the artifact directory, on any operating system.
 */
import { InvalidNameError, type NameRule } from "../base/errors.ts";
import { deceptive } from "./deceptive.ts";

/** Bytes (UTF-8) that a whole name may have. */
const MAX_NAME_BYTES = 1024;
/** Bytes (UTF-8) that one segment may have: the limit of most file systems. */
const MAX_SEGMENT_BYTES = 255;

/** The store's own directory inside the artifact directory. */
export const STAGING = ".staging";

/** The file in it that tells which database the directory belongs to. */
export const OWNER = "owner";

/** C0, DEL, C1, and the two line separators that break a listing apart. */
// deno-lint-ignore no-control-regex
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;
const LONE_SURROGATE = /\p{Surrogate}/u;
const DRIVE_OR_SCHEME = /^[A-Za-z][A-Za-z0-9+.-]*:/;
const FORBIDDEN = /[<>:"|?*]/;
/** Windows opens a device for these, whatever the extension. */
const DEVICE = /^(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])\s*(\.|$)/i;

const encoder = new TextEncoder();

type Refusal = [rule: NameRule, reason: string];

/** What makes `name` unfit to be a path below a directory, on this or any other system. */
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

/** What makes a safe `name` too long for common file systems. */
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

/** What makes a safe `name` unfit for Windows. */
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

/** Refuses an artifact name that breaks a rule; those of Windows count unless `portable` is false. */
export function assertArtifactName(
  name: unknown,
  { portable = true }: { readonly portable?: boolean | undefined } = {},
): asserts name is string {
  const refusal = unsafe(name) ?? deceptive(name as string) ?? overlong(name as string) ??
    (portable ? unportable(name as string) : undefined);
  if (refusal) throw new InvalidNameError("an artifact name", name, ...refusal);
}

/** Refuses a run id that breaks a rule: a name of one segment that is not the store's own. */
export function assertRunId(id: unknown): asserts id is string {
  const refusal = unsafe(id) ?? deceptive(id as string) ?? overlong(id as string) ??
    unportable(id as string) ??
    notARunId(id as string);
  if (refusal) throw new InvalidNameError("a run id", id, ...refusal);
}

function notARunId(id: string): Refusal | undefined {
  if (id.includes("/")) return ["several-segments", 'it must not contain "/"'];
  if (fold(id) === fold(STAGING)) return ["reserved", "the store uses this name itself"];
}

/**
 * Why the path of a row must not be used, or `undefined`. Another program may have stored it, so
 * only what is unsafe is refused, not what is merely unportable.
 */
export function unsafePath(path: unknown): string | undefined {
  const refusal = unsafe(path);
  if (refusal) return refusal[1];
  if (fold((path as string).split("/", 1)[0]!) === fold(STAGING)) {
    return "it lies in the store's own directory";
  }
}

/**
 * The form in which two names are compared: equal where a file system that ignores case or
 * normalisation takes one for the other. Lower case first, so that every sigma becomes the same.
 */
export function fold(name: string): string {
  return name.normalize("NFC").toLowerCase().toUpperCase().normalize("NFC");
}
