/** What a verification can find, described once. */
import type { ArtifactRecord } from "../metadata/artifact_index.ts";

/** What a kind of finding counts as in a summary. */
type Count = "damaged" | "leftovers" | "foreign";

/** What can be wrong with an artifact, with the store, or left behind beside the artifacts. */
export type FindingKind =
  | "missing"
  | "wrong-size"
  | "wrong-hash"
  | "not-a-file"
  | "unsafe-path"
  | "damaged-row"
  | "damaged-database"
  | "dangling-version"
  | "unreadable"
  | "orphan"
  | "abandoned"
  | "foreign";

/** What each kind of finding counts as. */
const COUNTS: Readonly<Record<FindingKind, Count>> = {
  missing: "damaged",
  "wrong-size": "damaged",
  "wrong-hash": "damaged",
  "not-a-file": "damaged",
  "unsafe-path": "damaged",
  "damaged-row": "damaged",
  "damaged-database": "damaged",
  "dangling-version": "damaged",
  unreadable: "damaged",
  orphan: "leftovers",
  abandoned: "leftovers",
  foreign: "foreign",
};

/** One thing that a verification has found. */
export interface Finding {
  /**
   * `"orphan"` is a file that no record names, `"abandoned"` what a crash left staged: both are
   * harmless, and `gc` removes them. `"foreign"` is what this store has never put there; it stays.
   * `"damaged-database"` and `"dangling-version"`, a model version whose artifact is gone, concern the
   * metadata. All others concern an artifact, except an `"unreadable"` one without: a directory, for
   * example, that may hold leftovers.
   */
  readonly kind: FindingKind;
  /** Path below the artifact directory; empty where the finding concerns the metadata. */
  readonly path: string;
  /** The artifact, unless there is none. */
  readonly artifact: ArtifactRecord | undefined;
  /** What the record says, where it is not true: a size in bytes or a SHA-256. */
  readonly expected: string | number | undefined;
  /** What is there instead. */
  readonly found: string | number | undefined;
  /** One sentence for people. */
  readonly message: string;
}

/** Makes a finding about an artifact. */
export function findingOf(
  kind: FindingKind,
  artifact: ArtifactRecord,
  message: string,
  expected?: string | number,
  found?: string | number,
): Finding {
  return { kind, path: artifact.path, artifact, expected, found, message };
}

/** Makes a finding that concerns no artifact. */
export function strayFinding(kind: FindingKind, path: string, message: string): Finding {
  return { kind, path, artifact: undefined, expected: undefined, found: undefined, message };
}

/** What a finding counts as. An unreadable directory is no damage: it may hold leftovers. */
export function countOf({ kind, artifact }: Finding): Count {
  return kind === "unreadable" && !artifact ? "leftovers" : COUNTS[kind];
}
