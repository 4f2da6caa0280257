/** Kinds of findings of a verification, defined once. */
import type { ArtifactRecord } from "../metadata/artifact_index.ts";

/** Counter of a summary that a finding belongs to. */
type Count = "damaged" | "leftovers" | "foreign";

/** Kinds of findings: damage of artifacts or of the metadata, leftovers, and foreign files. */
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

/** Counter for each kind of finding. */
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

/** All kinds of findings. */
export const FINDING_KINDS = Object.keys(COUNTS) as readonly FindingKind[];

/** One finding of a verification. */
export interface Finding {
  /**
   * Kind of the finding. `"orphan"` is a file without a record, `"abandoned"` a staged file left by
   * a crash: both are harmless, and `gc` removes them. `"foreign"` is a file of other origin, which
   * stays. `"damaged-database"` and `"dangling-version"` (a model version whose artifact is gone)
   * concern the metadata. Every other kind concerns an artifact, except `"unreadable"` without one:
   * e.g. a directory that may hold leftovers.
   */
  readonly kind: FindingKind;
  /** Path below the artifact directory; empty for findings about the metadata. */
  readonly path: string;
  /** The artifact, if the finding concerns one. */
  readonly artifact: ArtifactRecord | undefined;
  /** Recorded size in bytes, or recorded SHA-256, if it is wrong. */
  readonly expected: string | number | undefined;
  /** Actual size in bytes, or actual SHA-256. */
  readonly found: string | number | undefined;
  /** Description in one sentence. */
  readonly message: string;
}

/** Creates a finding about an artifact. */
export function findingOf(
  kind: FindingKind,
  artifact: ArtifactRecord,
  message: string,
  expected?: string | number,
  found?: string | number,
): Finding {
  return { kind, path: artifact.path, artifact, expected, found, message };
}

/** Creates a finding without an artifact. */
export function strayFinding(kind: FindingKind, path: string, message: string): Finding {
  return { kind, path, artifact: undefined, expected: undefined, found: undefined, message };
}

/**
 * Returns the counter of a finding. An unreadable directory counts as a leftover, because it may
 * hold some.
 */
export function countOf({ kind, artifact }: Finding): Count {
  return kind === "unreadable" && !artifact ? "leftovers" : COUNTS[kind];
}
