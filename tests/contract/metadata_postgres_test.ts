/** PostgreSQL passes the suite of the metadata seam. */
import { openPostgres } from "../../src/metadata/postgres/open.ts";
import { inTempDir } from "../support/helpers.ts";
import { testWithPostgres } from "../support/postgres.ts";
import { testChangeLog } from "./change_log.ts";
import { testMetadata } from "./metadata.ts";
import { testDocuments } from "./mlflow_documents.ts";

testWithPostgres((declare) => {
  for (const suite of [testMetadata, testChangeLog, testDocuments]) {
    suite((name, test) =>
      declare(name, (server) =>
        test((work) =>
          inTempDir(async (dir) => {
            const url = server.newSchema();
            const metadata = await openPostgres(url, {
              readOnly: false,
              durability: "full",
              busyTimeout: 20_000,
              poolSize: 6,
              now: Date.now,
            });
            try {
              await work(metadata, dir);
            } finally {
              await metadata.close();
            }
          })
        ))
    );
  }
});
