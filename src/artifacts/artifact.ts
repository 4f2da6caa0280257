import type { ArtifactRecord } from "../metadata/artifact_index.ts";
import { DISPLAY, type MediaBundle, renderer } from "../display/displayable.ts";
import { InvalidOptionError, quote } from "../base/errors.ts";
import type { ArtifactReader, ReadOptions, SaveOptions } from "./artifact_reader.ts";

/** Seconds for which a URL can be made: what signatures allow. */
const MAX_SECONDS = 7 * 24 * 60 * 60;

/**
 * Named bytes of a run: what the store knows of them, and the ways to read them.
 *
 * If the artifact is replaced after it was looked up, a later read gives the new bytes, and the
 * fields describe them from then on.
 */
export class Artifact {
  #record: ArtifactRecord;
  readonly #reader: ArtifactReader;
  readonly #problem: Error | undefined;

  /** @ignore Artifacts are made by the store. */
  constructor(record: ArtifactRecord, reader: ArtifactReader, problem?: Error) {
    this.#record = record;
    this.#reader = reader;
    this.#problem = problem;
  }

  /** UUID. */
  get id(): string {
    return this.#record.id;
  }

  /** Id of the run that it belongs to. */
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

  /** MIME type, where it is known. */
  get contentType(): string | null {
    return this.#record.contentType;
  }

  /** Size in bytes; `NaN` if another program left a damaged row. */
  get size(): number {
    return this.#record.size;
  }

  /** SHA-256 of the bytes, 64 lower-case hex digits; `""` if another program left a damaged row. */
  get hash(): string {
    return this.#record.hash;
  }

  /** When it was stored. */
  get createdAt(): Date {
    return new Date(this.#record.createdAt);
  }

  /**
   * URL of the bytes, for other programs to read: `file:` for a file.
   *
   * @throws {UnsafePathError} If the record's path would lead outside the store.
   */
  get url(): string {
    if (this.#problem) throw this.#problem;
    return this.#reader.url(this.path);
  }

  /**
   * Makes a URL by which anyone can read the bytes for a while, without keys of their own.
   *
   * @example
   * ```ts ignore
   * const url = await artifact.presign({ seconds: 600 });
   * ```
   *
   * @param options For how long: `seconds`, 3600 if left out, a week (604,800) at most.
   * @returns The URL. It gives those bytes until it ends, or the artifact is replaced or removed.
   * @throws {InvalidOptionError} If the store keeps bytes where there is no such URL, or `seconds` is
   * no whole number from 1 to 604,800.
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
   * Absolute path of the file, for other programs to read; `undefined` where the store keeps bytes
   * otherwise. Do not write to it: the store's hashes would not be true any more.
   *
   * @throws {UnsafePathError} If the record's path would lead outside the artifact directory.
   */
  get filePath(): string | undefined {
    if (this.#problem) throw this.#problem;
    return this.#reader.filePath(this.path);
  }

  /**
   * The bytes as a stream, opened when it is first read and closed at its end or when cancelled.
   *
   * @throws {IntegrityError} Through the stream: at its start if the file is missing or of another
   * size than the row says; with `verify`, in place of the last bytes if the hash differs.
   */
  stream(options: ReadOptions = {}): ReadableStream<Uint8Array<ArrayBuffer>> {
    return this.#reader.stream(() => this.#open(), options);
  }

  /**
   * All bytes, or those of a range, in memory.
   *
   * @throws {IntegrityError} If the file is missing or is not what the row says.
   */
  async bytes(options: ReadOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
    return await this.#reader.bytes(await this.#open(), options);
  }

  /** The bytes as UTF-8 text. */
  async text(options: ReadOptions = {}): Promise<string> {
    return new TextDecoder().decode(await this.bytes(options));
  }

  /**
   * The value that the bytes hold as JSON.
   *
   * @throws {SyntaxError} If they are not JSON.
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
   * Copies the bytes to a file, which appears, or is replaced, all at once. They are checked against
   * the hash on the way; where they differ, no file appears.
   *
   * @throws {IntegrityError} If the bytes are not what the row says.
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

  /** The fields, for `JSON.stringify`. */
  toJSON(): ArtifactRecord {
    const { id, runId, name, path, contentType, size, hash, createdAt } = this.#record;
    return { id, runId, name, path, contentType, size, hash, createdAt };
  }

  /** The fields, for a console. */
  [Symbol.for("Deno.customInspect")](
    inspect: typeof Deno.inspect,
    options: Deno.InspectOptions,
  ): string {
    return `Artifact ${inspect(this.toJSON(), options)}`;
  }

  /** What it shows, by its type, for a notebook. */
  async [DISPLAY](): Promise<MediaBundle> {
    return await (await renderer()).show("artifact", this);
  }
}
