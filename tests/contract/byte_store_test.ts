import { FileByteStore } from "../../src/bytes/files/file_byte_store.ts";
import { MemoryByteStore } from "../../src/bytes/memory/memory_byte_store.ts";
import { inTempDir } from "../support/helpers.ts";
import { testByteStore } from "./byte_store.ts";

testByteStore("memory", (work) => work(new MemoryByteStore()));
testByteStore("files", (work) => inTempDir((dir) => work(new FileByteStore(dir, true))));
testByteStore(
  "files, not synced",
  (work) => inTempDir((dir) => work(new FileByteStore(dir, false))),
);
