/** Bytes that callers send, until they become artifacts or runs. */
import type { ImportReport } from "../../archive/import.ts";
import { InvalidSourceError } from "../../base/errors.ts";
import type { ByteStore, StagedBytes } from "../../bytes/byte_store.ts";
import { UploadLostError, type UploadState } from "../../remote/protocol/uploads.ts";
import { ApiError, bad } from "../api/api_error.ts";
import { PushReader } from "./push_reader.ts";

/** Milliseconds after which bytes are discarded that nobody has asked for. */
const TIME = 15 * 60_000;

/** Uploads at a time. */
const MOST = 30_000;

/** What a caller says of bytes before they come. */
export interface UploadDescription {
  /** Name of the artifact that they are to be. */
  readonly name?: string | undefined;
  /** The run that they are to belong to. */
  readonly runId?: string | undefined;
  /** Whether they are to take the place of others. */
  readonly replaces?: boolean | undefined;
  /** Bytes, where that is known. */
  readonly size?: number | undefined;
  /** Permission bits. */
  readonly mode?: number | undefined;
}

/** One upload. */
interface Upload {
  readonly intake: PushReader;
  /** Its bytes; `undefined` for an archive. */
  readonly staged?: Promise<StagedBytes>;
  /** What came of its runs; `undefined` unless it is an archive. */
  readonly imported?: Promise<ImportReport>;
  /** Aborts the request whose bytes are taken now. */
  current: AbortController | undefined;
  timer: ReturnType<typeof setTimeout> | undefined;
}

/** The uploads of a store, by the ids that their callers gave them. */
export class Uploads {
  readonly #bytes: () => ByteStore;
  readonly #uploads = new Map<string, Upload>();

  /** Stages bytes in a byte store; `signal` discards all of them. */
  constructor(bytes: () => ByteStore, signal: AbortSignal) {
    this.#bytes = bytes;
    signal.addEventListener("abort", () => {
      for (const id of [...this.#uploads.keys()]) this.#drop(id, signal.reason);
    }, { once: true });
  }

  /** Begins an upload, unless one of the id has begun. */
  begin(id: string, { size, mode, ...about }: UploadDescription): void {
    if (!this.#hasRoom(id)) return;
    const intake = new PushReader(size, mode);
    const staged = this.#bytes().stage(intake, about);
    staged.catch((error) => this.#drop(id, error));
    this.#add(id, { intake, staged });
  }

  /** Begins an archive, unless one of the id has begun; `work` imports it while it arrives. */
  beginImport(id: string, work: (archive: PushReader) => Promise<ImportReport>): void {
    if (!this.#hasRoom(id)) return;
    const intake = new PushReader(undefined, undefined);
    const imported = work(intake);
    // The caller asks for the reason with the next part, or at the end.
    imported.catch((error) => intake.fail(error));
    this.#add(id, { intake, imported });
  }

  /** Ends an archive; resolves to what came of it. */
  async finishImport(id: string, size: number, hash: string): Promise<ImportReport> {
    const upload = this.#require(id);
    const { intake, imported } = upload;
    if (!imported) throw bad("This upload is no archive");
    // What has failed is said, however much of it has arrived.
    if (intake.offset !== size) {
      intake.fail(
        bad(`The archive has ${intake.offset} bytes, not ${size}; send the others first`),
      );
    }
    intake.end(hash);
    // However long the import takes, it is not given up.
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

  /** How far an upload has come. */
  state(id: string): UploadState {
    return { offset: this.#require(id).intake.offset, size: 0, hash: "" };
  }

  /**
   * Takes the bytes of a request from an offset on. A request before, whose connection may be cut
   * without anyone knowing it, is ended.
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

  /** Ends an upload, whose bytes must be these. */
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

  /** Hands staged bytes over: the caller releases or discards them. */
  async take(id: string, name: string): Promise<StagedBytes> {
    const upload = this.#uploads.get(id);
    if (!upload?.staged) throw new UploadLostError(name);
    clearTimeout(upload.timer);
    this.#uploads.delete(id);
    return await upload.staged;
  }

  /** Takes staged bytes back that were handed over and not used. */
  putBack(id: string, staged: StagedBytes): void {
    const intake = new PushReader(staged.size, undefined);
    this.#add(id, { intake, staged: Promise.resolve(staged) });
  }

  /** Gives an upload up. */
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
