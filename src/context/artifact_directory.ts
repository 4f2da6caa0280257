/**
 * Checks that an artifact directory belongs to this store. Buckets need none: they are named
 * explicitly.
 */
import { noteOwner, requireOwn, requireStoreDirectory } from "../bytes/files/owner.ts";
import type { MetadataStore } from "../metadata/metadata_store.ts";
import { requireNoLostDatabase } from "./lost_database.ts";
import type { OpenOptions } from "./open_options.ts";

/** Prefix of a server-side store's identity in the owner file of a directory. */
const ON_SERVER = "postgresql:";

/**
 * Returns the owner of a directory whose database is on a server: the store's identity, whatever
 * URL reaches it.
 */
export async function ownerOf(metadata: MetadataStore): Promise<string | undefined> {
  const identity = await metadata.identity();
  return identity && `${ON_SERVER}${identity}`;
}

/**
 * Checks, before a database file is opened or created, that the artifact directory does not belong
 * to another store.
 *
 * @throws {InvalidOptionError} If it belongs to another database.
 * @throws {LostDatabaseError} If it has files, but the database is missing or empty.
 */
export async function requireFreeDirectory(
  artifactDir: string,
  path: string | undefined,
  { adoptDirectory = false }: OpenOptions,
): Promise<void> {
  await requireOwn(artifactDir, path, adoptDirectory);
  if (!adoptDirectory && path !== undefined) await requireNoLostDatabase(path, artifactDir);
}

/**
 * Checks, once the database is open, that the artifact directory belongs to it.
 *
 * @returns A function that records the store as the owner.
 */
export async function takeDirectory(
  artifactDir: string,
  owner: string | undefined,
  metadata: MetadataStore,
  { adoptDirectory = false }: OpenOptions,
): Promise<() => Promise<void>> {
  if (owner?.startsWith(ON_SERVER)) await requireOwn(artifactDir, owner, adoptDirectory);
  if (!adoptDirectory) {
    await requireStoreDirectory(artifactDir, (names) => metadata.runs.knownOrRemoved(names));
  }
  return async () => {
    if (owner !== undefined) await noteOwner(artifactDir, owner);
  };
}
