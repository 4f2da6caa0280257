/** Every implementation of the metadata seam passes one suite. */
import { join } from "@std/path";
import { chooseDriver } from "../../src/metadata/sqlite/choose_driver.ts";
import { SqliteMetadata } from "../../src/metadata/sqlite/metadata_store.ts";
import { openDatabase } from "../../src/metadata/sqlite/open_database.ts";
import { inTempDir, testEachDriver } from "../support/helpers.ts";
import { testChangeLog } from "./change_log.ts";
import { testMetadata } from "./metadata.ts";
import { testDocuments } from "./mlflow_documents.ts";

for (const suite of [testMetadata, testChangeLog, testDocuments]) {
  suite((name, test) =>
    testEachDriver(name, (driverName) =>
      test((work) =>
        inTempDir(async (dir) => {
          const driver = await chooseDriver(driverName);
          const path = join(dir, "db", "t.db");
          const database = await openDatabase({
            path,
            driver,
            readOnly: false,
            durability: "full",
            busyTimeout: 5000,
          });
          const metadata = new SqliteMetadata(database, driver, Date.now, path);
          try {
            const place = join(dir, "place");
            await Deno.mkdir(place);
            await work(metadata, place);
          } finally {
            await metadata.close();
          }
        })
      ))
  );
}
