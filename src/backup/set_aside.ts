/** Directory for stored bytes that a restore moves aside. */
import { asReader } from "../artifacts/artifact_reader.ts";
import { FileByteStore } from "../bytes/files/file_byte_store.ts";
import type { ByteStore } from "../bytes/byte_store.ts";
import { statOrUndefined } from "./copy_artifacts.ts";
import { makeDirectory } from "../bytes/files/make_directory.ts";

/** Bytes moved aside, under their former keys. */
export class SetAside {
  /** Absolute path of the directory, which is created on first use. */
  readonly directory: string;
  /** Number of files moved aside. */
  count = 0;
  readonly #from: ByteStore;
  readonly #artifactDir: string;
  #made: Promise<ByteStore> | undefined;

  /** Creates a place for bytes of a store whose artifact directory is `artifactDir`. */
  constructor(from: ByteStore, artifactDir: string, directory: string) {
    this.#from = from;
    this.#artifactDir = artifactDir;
    this.directory = directory;
  }

  /** Copies or links the bytes of a key; the originals stay. */
  async keep(key: string): Promise<void> {
    if ((await statOrUndefined(this.#from, key))?.kind !== "file") return;
    const aside = await (this.#made ??= this.#make());
    const opened = await this.#from.open(key);
    try {
      const link = { size: opened.size, hash: "" };
      const staged = await aside.copyFrom(opened, { link }) ??
        await aside.stage(asReader(opened), { mode: opened.mode });
      try {
        await aside.publish(staged, key);
      } finally {
        await staged.discard();
      }
    } finally {
      opened.close();
    }
    this.count++;
  }

  async #make(): Promise<ByteStore> {
    const { mode } = await Deno.stat(this.#artifactDir);
    await makeDirectory(this.directory, (mode ?? 0o700) & 0o777);
    return new FileByteStore(this.directory, true);
  }
}
