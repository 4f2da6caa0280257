/** Keeps stored bytes that a restore does not know, or that have to make way, in a directory of their own. */
import { asReader } from "../artifacts/artifact_reader.ts";
import { FileByteStore } from "../bytes/files/file_byte_store.ts";
import type { ByteStore } from "../bytes/byte_store.ts";
import { lookAt } from "./copy_artifacts.ts";
import { makeDirectory } from "../bytes/files/make_directory.ts";

/** Bytes set aside, each by the key that it had. */
export class SetAside {
  /** Absolute path of the directory, which is made for the first of them. */
  readonly directory: string;
  /** How many there are. */
  count = 0;
  readonly #from: ByteStore;
  readonly #artifactDir: string;
  #made: Promise<ByteStore> | undefined;

  /** Sets bytes of a store, which are in `artifactDir`, aside. */
  constructor(from: ByteStore, artifactDir: string, directory: string) {
    this.#from = from;
    this.#artifactDir = artifactDir;
    this.directory = directory;
  }

  /** Keeps the bytes at a key, which also stay where they are. */
  async keep(key: string): Promise<void> {
    if ((await lookAt(this.#from, key))?.kind !== "file") return;
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
