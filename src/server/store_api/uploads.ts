/** Uploads, until they become artifacts or runs. */
import type { ImportReport } from "../../archive/import.ts";
import { InvalidSourceError } from "../../base/errors.ts";
import type { ByteStore, StagedBytes } from "../../bytes/byte_store.ts";
import { UploadLostError, type UploadState } from "../../remote/protocol/uploads.ts";
import { ApiError, bad } from "../api/api_error.ts";
import { PushReader } from "./push_reader.ts";

/** Time after which an unused upload is discarded, in milliseconds. */
const TIME = 15 * 60_000;

/** Maximum number of uploads. */
const MOST = 30_000;

/** Description of an upload, sent before its bytes. */
export interface UploadDescription {
  /** Intended name of the artifact. */
  readonly name?: string | undefined;
  /** Id of the intended run. */
  readonly runId?: string | undefined;
  /** Whether the bytes replace existing ones. */
  readonly replaces?: boolean | undefined;
  /** Size in bytes, if known. */
  readonly size?: number | undefined;
  /** Permission bits. */
  readonly mode?: number | undefined;
}

/** One upload. */
interface Upload {
  readonly intake: PushReader;
  /** Its bytes; `undefined` for an archive. */
  readonly staged?: Promise<StagedBytes>;
  /** Report of the import; `undefined` unless it is an archive. */
  readonly imported?: Promise<ImportReport>;
  /** Aborts the request that currently sends bytes. */
  current: AbortController | undefined;
  timer: ReturnType<typeof setTimeout> | undefined;
}

/** Uploads of a store, by the ids chosen by clients. */
export class Uploads {
  readonly #bytes: () => ByteStore;
  readonly #uploads = new Map<string, Upload>();

  /** Creates uploads to a byte store; `signal` discards all of them. */
  constructor(bytes: () => ByteStore, signal: AbortSignal) {
    this.#bytes = bytes;
    signal.addEventListener("abort", () => {
      for (const id of [...this.#uploads.keys()]) this.#drop(id, signal.reason);
    }, { once: true });
  }

  /** Starts an upload, unless it has been started. */
  begin(id: string, { size, mode, ...about }: UploadDescription): void {
    if (!this.#hasRoom(id)) return;
    const intake = new PushReader(size, mode);
    const staged = this.#bytes().stage(intake, about);
    staged.catch((error) => this.#drop(id, error));
    this.#add(id, { intake, staged });
  }

  /** Starts the upload of an archive, unless it has been started; `work` imports it meanwhile. */
  beginImport(id: string, work: (archive: PushReader) => Promise<ImportReport>): void {
    if (!this.#hasRoom(id)) return;
    const intake = new PushReader(undefined, undefined);
    const imported = work(intake);
    // The client receives the error with its next part, or at the end.
    imported.catch((error) => intake.fail(error));
    this.#add(id, { intake, imported });
  }

  /** Completes an archive. Resolves to the report of its import. */
  async finishImport(id: string, size: number, hash: string): Promise<ImportReport> {
    const upload = this.#require(id);
    const { intake, imported } = upload;
    if (!imported) throw bad("This upload is no archive");
    // A failure is reported even if the archive is incomplete.
    if (intake.offset !== size) {
      intake.fail(
        bad(`The archive has ${intake.offset} bytes, not ${size}; send the others first`),
      );
    }
    intake.end(hash);
    // An import is not discarded, however long it takes.
    clearTimeout(upload.timer);
    try {
      return await imported;
    } finally {
      this.#uploads.delete(id);
    }
  }

  #hasRoom(id: string): boolean {
    if (this.#uploads.has(id)) return false;
    if (this.#uploads.size < MOST) return true;
    throw new ApiError(503, "There are too many uploads; try again");
  }

  #add(id: string, upload: Pick<Upload, "intake" | "staged" | "imported">): void {
    this.#uploads.set(id, { ...upload, current: undefined, timer: undefined });
    this.#touch(id);
  }

  /** Returns the progress of an upload. */
  state(id: string): UploadState {
    return { offset: this.#require(id).intake.offset, size: 0, hash: "" };
  }

  /**
   * Adds the bytes of a request from an offset. An earlier request, whose connection may be lost
   * unnoticed, is aborted.
   */
  async receive(
    id: string,
    offset: number,
    body: ReadableStream<Uint8Array> | null,
  ): Promise<UploadState> {
    const upload = this.#require(id);
    const { intake } = upload;
    upload.current?.abort();
    const current = upload.current = new AbortController();
    if (offset !== intake.offset) return this.state(id);
    const reader = body?.getReader();
    try {
      for (;;) {
        const { value, done } = await reader?.read() ?? { done: true };
        if (done || current.signal.aborted) break;
        await intake.add(value!);
        this.#touch(id);
      }
    } finally {
      await reader?.cancel().catch(() => {});
    }
    return this.state(id);
  }

  /** Completes an upload and checks its bytes. */
  async finish(id: string, size: number, hash: string): Promise<UploadState> {
    const { intake, staged: staging } = this.#require(id);
    if (!staging) throw bad("This upload is an archive");
    if (intake.offset !== size) {
      throw bad(`The upload has ${intake.offset} bytes, not ${size}; send the others first`);
    }
    intake.end();
    const staged = await staging;
    if (staged.hash !== hash || staged.size !== size) {
      await this.discard(id);
      throw new InvalidSourceError(
        "the bytes",
        `they arrived with the SHA-256 ${staged.hash}, not ${hash}; send them again`,
      );
    }
    return { offset: size, size, hash };
  }

  /** Returns staged bytes and gives up their ownership: the caller releases or discards them. */
  async take(id: string, name: string): Promise<StagedBytes> {
    const upload = this.#uploads.get(id);
    if (!upload?.staged) throw new UploadLostError(name);
    clearTimeout(upload.timer);
    this.#uploads.delete(id);
    return await upload.staged;
  }

  /** Puts back staged bytes that were taken but not used. */
  putBack(id: string, staged: StagedBytes): void {
    const intake = new PushReader(staged.size, undefined);
    this.#add(id, { intake, staged: Promise.resolve(staged) });
  }

  /** Discards an upload. */
  async discard(id: string): Promise<void> {
    const upload = this.#uploads.get(id);
    this.#drop(id, new Error("The upload was given up"));
    await upload?.staged?.then((staged) => staged.discard(), () => {});
    await upload?.imported?.catch(() => {});
  }

  #drop(id: string, reason: unknown): void {
    const upload = this.#uploads.get(id);
    if (!upload) return;
    this.#uploads.delete(id);
    clearTimeout(upload.timer);
    upload.current?.abort();
    upload.intake.fail(reason);
    void upload.staged?.then((staged) => staged.discard(), () => {});
  }

  #require(id: string): Upload {
    const upload = this.#uploads.get(id);
    if (!upload) throw new UploadLostError(undefined);
    return upload;
  }

  #touch(id: string): void {
    const upload = this.#uploads.get(id);
    if (!upload) return;
    clearTimeout(upload.timer);
    upload.timer = setTimeout(() => this.#drop(id, new Error("The upload took too long")), TIME);
    Deno.unrefTimer(upload.timer);
  }
}
