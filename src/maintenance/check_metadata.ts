/** Checks of the metadata. */
import type { MetadataStore } from "../metadata/metadata_store.ts";
import { type Finding, strayFinding } from "./findings.ts";

/** Yields damage of the database, unless `quick`, and model versions whose artifact is missing. */
export async function* checkMetadata(
  metadata: MetadataStore,
  quick: boolean,
): AsyncGenerator<Finding> {
  const { damage } = quick ? { damage: [] } : await metadata.check();
  for (const state of damage) {
    const message = `The database is damaged: ${state}`;
    yield strayFinding("damaged-database", "", message);
  }
  for (const { model, version } of await metadata.models.dangling()) {
    const message = `The artifact of version ${version} of the model ${
      JSON.stringify(model)
    } is gone; remove the version, or restore the artifact from a backup`;
    yield strayFinding("dangling-version", "", message);
  }
}
