import type { ArtifactRecord } from "../metadata/artifact_index.ts";
import { DISPLAY, type MediaBundle, renderer } from "../display/displayable.ts";
import { InvalidOptionError, quote } from "../base/errors.ts";
import type { ArtifactReader, ReadOptions, SaveOptions } from "./artifact_reader.ts";

/** Maximum lifetime of a presigned URL, in seconds. */
const MAX_SECONDS = 7 * 24 * 60 * 60;

/**
 * An artifact: the metadata of named bytes, and methods to read them. Returned by {@linkcode
 * Artifacts.get} and other methods.
 *
 * If the artifact is replaced after it was looked up, later reads return the new bytes and update
 * the fields. Reading throws {@linkcode UnsafePathError} if the record's path leads outside the
 * store. Methods need only the permissions of {@linkcode openStore}, unless they say otherwise.
 */
export class Artifact {
  #record: ArtifactRecord;
  readonly #reader: ArtifactReader;
  readonly #problem: Error | undefined;

  /** @ignore Created by the store. */
  constructor(record: ArtifactRecord, reader: ArtifactReader, problem?: Error) {
    this.#record = record;
    this.#reader = reader;
    this.#problem = problem;
  }

  /** UUID. */
  get id(): string {
    return this.#record.id;
  }

  /** Id of its run. */
  get runId(): string {
    return this.#record.runId;
  }

  /** Name within the run; `/` separates directories. */
  get name(): string {
    return this.#record.name;
  }

  /** Path below the artifact directory, `/` separated. */
  get path(): string {
    return this.#record.path;
  }

  /** MIME type, if known. */
  get contentType(): string | null {
    return this.#record.contentType;
  }

  /** Size in bytes; `NaN` if another program stored an invalid one. */
  get size(): number {
    return this.#record.size;
  }

  /** SHA-256 of the bytes, lower-case hex; `""` if another program stored an invalid one. */
  get hash(): string {
    return this.#record.hash;
  }

  /** Time at which it was stored. */
  get createdAt(): Date {
    return new Date(this.#record.createdAt);
  }

  /**
   * URL of the bytes for other programs: `file:` for a file.
   *
   * @throws {UnsafePathError} If the record's path leads outside the store.
   */
  get url(): string {
    if (this.#problem) throw this.#problem;
    return this.#reader.url(this.path);
  }

  /**
   * Creates a URL with which anyone can read the bytes for a limited time, without credentials.
   *
   * @param options `seconds`: lifetime of the URL, from 1 to 604,800 (a week).
   * @returns The URL. It is valid until it expires, or until the artifact is replaced or removed.
   * @throws {InvalidOptionError} If `seconds` is invalid, or the byte store has no such URLs.
   *
   * @example Share an artifact for ten minutes
   * ```ts ignore
   * const url = await artifact.presign({ seconds: 600 });
   * ```
   */
  async presign({ seconds = 3600 }: { readonly seconds?: number } = {}): Promise<string> {
    if (this.#problem) throw this.#problem;
    if (!Number.isInteger(seconds) || seconds < 1 || seconds > MAX_SECONDS) {
      throw new InvalidOptionError(
        `Cannot make a URL for ${quote(seconds)} seconds: it takes 1 to ${MAX_SECONDS}`,
      );
    }
    const url = await this.#reader.presign(this.#record, seconds);
    if (url !== undefined) return url;
    throw new InvalidOptionError(
      `Cannot make a URL for ${quote(this.name)} that others can use: ` +
        "its bytes are a file, not in a bucket; serve the store instead (chachaml serve)",
    );
  }

  /**
   * Absolute path of the file for other programs; `undefined` if the bytes are not a file. Never
   * write to it: its hash would no longer match.
   *
   * @throws {UnsafePathError} If the record's path leads outside the artifact directory.
   */
  get filePath(): string | undefined {
    if (this.#problem) throw this.#problem;
    return this.#reader.filePath(this.path);
  }

  /**
   * Returns the bytes as a stream, which opens them at the first read and closes them at the end or
   * on cancel. The stream errors with an {@linkcode IntegrityError}: at the start if the bytes are
   * missing or their size differs; with `verify`, instead of the last bytes if the hash differs.
   *
   * @param options Range, verification and abort signal.
   * @returns The stream.
   */
  stream(options: ReadOptions = {}): ReadableStream<Uint8Array<ArrayBuffer>> {
    return this.#reader.stream(() => this.#open(), options);
  }

  /**
   * Reads all bytes, or a range, into memory.
   *
   * @param options Range, verification and abort signal.
   * @returns The bytes.
   * @throws {IntegrityError} If the bytes are missing or differ from the record.
   * @throws {InvalidOptionError} If the range is invalid.
   */
  async bytes(options: ReadOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
    return await this.#reader.bytes(await this.#open(), options);
  }

  /**
   * Reads the bytes as UTF-8 text.
   *
   * @param options Range, verification and abort signal.
   * @returns The text.
   * @throws {IntegrityError} If the bytes are missing or differ from the record.
   */
  async text(options: ReadOptions = {}): Promise<string> {
    return new TextDecoder().decode(await this.bytes(options));
  }

  /**
   * Reads the bytes as JSON.
   *
   * @param options Range, verification and abort signal.
   * @returns The parsed value.
   * @throws {SyntaxError} If the bytes are not JSON.
   * @throws {IntegrityError} If the bytes are missing or differ from the record.
   */
  async json<T = unknown>(options: ReadOptions = {}): Promise<T> {
    const text = await this.text(options);
    try {
      return JSON.parse(text);
    } catch (cause) {
      const name = JSON.stringify(this.name);
      throw new SyntaxError(`Cannot read ${name} as JSON: ${(cause as Error).message}`, { cause });
    }
  }

  /**
   * Copies the bytes to a file, which is created or replaced atomically. The bytes are verified; if
   * they differ from the record, no file is created.
   *
   * Requires `--allow-read` and `--allow-write` for the file's directory.
   *
   * @param path Path or `file:` URL of the file.
   * @param options Progress and abort signal.
   * @returns A promise that resolves once the file is complete and synced.
   * @throws {IntegrityError} If the bytes are missing or differ from the record.
   * @throws {InvalidOptionError} If the path is inside the artifact directory.
   * @throws {StorageError} If the file cannot be written.
   */
  async saveTo(path: string | URL, options: SaveOptions = {}): Promise<void> {
    await this.#reader.save(await this.#open(), path, options);
  }

  async #open(): ReturnType<ArtifactReader["open"]> {
    if (this.#problem) throw this.#problem;
    const opened = await this.#reader.open(this.id);
    this.#record = opened.record;
    return opened;
  }

  /**
   * Returns the fields, for `JSON.stringify`.
   *
   * @returns The record.
   */
  toJSON(): ArtifactRecord {
    const { id, runId, name, path, contentType, size, hash, createdAt } = this.#record;
    return { id, runId, name, path, contentType, size, hash, createdAt };
  }

  /** Returns the fields, for consoles. */
  [Symbol.for("Deno.customInspect")](
    inspect: typeof Deno.inspect,
    options: Deno.InspectOptions,
  ): string {
    return `Artifact ${inspect(this.toJSON(), options)}`;
  }

  /** Returns a preview by content type, for notebooks. */
  async [DISPLAY](): Promise<MediaBundle> {
    return await (await renderer()).show("artifact", this);
  }
}
