/** Metadata of a store on a server passes the suite of the seam. */
import { openStore } from "../../mod.ts";
import type { ArtifactIndex } from "../../src/metadata/artifact_index.ts";
import type { MetadataStore } from "../../src/metadata/metadata_store.ts";
import { lifecycleOf } from "../../src/store/internals.ts";
import { join } from "@std/path";
import { inTempDir } from "../support/helpers.ts";
import { TestServer } from "../support/remote.ts";
import { testMetadata } from "./metadata.ts";

testMetadata((name, test) => {
  if (name.startsWith("a request writes once")) {
    Deno.test.ignore(`${name} [remote] (skipped: the server stores the ids)`, () => {});
    return;
  }
  Deno.test(`${name} [remote]`, () =>
    test((work) =>
      inTempDir(async (dir) => {
        const place = join(dir, "place");
        await Deno.mkdir(place);
        const local = await openStore({ path: join(dir, "t.db"), driver: "builtin" });
        const server = await TestServer.start(local);
        const remote = await openStore({ path: server.url, spoolDir: join(dir, "spool") });
        try {
          const [there, here] = [local, remote].map((store) =>
            lifecycleOf(store).require().metadata
          );
          await work(withWrites(here!, there!), place);
        } finally {
          await remote.close();
          await server.stop();
          await local.close();
        }
      })
    ));
});

/**
 * Records are written with their bytes, by the server itself; so are whole runs. The suite does these
 * on the server's own store, and all else from far away.
 */
function withWrites(here: MetadataStore, there: MetadataStore): MetadataStore {
  const own: (keyof ArtifactIndex)[] = [
    "insert",
    "insertAll",
    "update",
    "republish",
    "remove",
    "removeIfUnnamed",
    "eachDuplicate",
  ];
  const artifacts = new Proxy(here.artifacts, {
    get(target, name) {
      const from = own.includes(name as keyof ArtifactIndex) ? there.artifacts : target;
      const value = from[name as keyof ArtifactIndex] as (...args: unknown[]) => unknown;
      return value.bind(from);
    },
  });
  const runs = { ...here.runs, importRuns: there.runs.importRuns.bind(there.runs) };
  const ownCalls = ["tryWriting", "snapshot", "table", "changes", "mlflow", "requests"];
  return new Proxy(here, {
    get(target, name) {
      if (name === "artifacts") return artifacts;
      if (name === "runs") return runs;
      const from = ownCalls.includes(String(name)) ? there : target;
      const value = from[name as keyof MetadataStore];
      return typeof value === "function" ? value.bind(from) : value;
    },
  });
}
