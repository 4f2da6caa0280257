/** Checks that an artifact directory is this store's own. Only files need that: a bucket is asked for. */
import { noteOwner, requireOwn, requireStoreDirectory } from "../bytes/files/owner.ts";
import type { MetadataStore } from "../metadata/metadata_store.ts";
import { requireNoFormerLife } from "./lost_database.ts";
import type { OpenOptions } from "./open_options.ts";

/** Precedes the identity of a store on a server, in the note of a directory's owner. */
const ON_SERVER = "postgresql:";

/** The owner of a directory whose database is on a server: its identity, however it is reached. */
export async function ownerOf(metadata: MetadataStore): Promise<string | undefined> {
  const identity = await metadata.identity();
  return identity && `${ON_SERVER}${identity}`;
}

/**
 * Refuses, before a database file is opened or created, a directory that belongs to another one, or
 * has files of a database that is gone.
 *
 * @throws {InvalidOptionError} If it belongs to another database.
 * @throws {LostDatabaseError} If its database is gone.
 */
export async function requireFreeDirectory(
  artifactDir: string,
  path: string | undefined,
  { adoptDirectory = false }: OpenOptions,
): Promise<void> {
  await requireOwn(artifactDir, path, adoptDirectory);
  if (!adoptDirectory && path !== undefined) await requireNoFormerLife(path, artifactDir);
}

/**
 * Refuses a directory that is not this store's, now that its database is open.
 *
 * @returns Notes that the directory is the store's, for others.
 */
export async function takeDirectory(
  artifactDir: string,
  owner: string | undefined,
  metadata: MetadataStore,
  { adoptDirectory = false }: OpenOptions,
): Promise<() => Promise<void>> {
  if (owner?.startsWith(ON_SERVER)) await requireOwn(artifactDir, owner, adoptDirectory);
  if (!adoptDirectory) {
    await requireStoreDirectory(artifactDir, (names) => metadata.runs.everKnown(names));
  }
  return async () => {
    if (owner !== undefined) await noteOwner(artifactDir, owner);
  };
}
