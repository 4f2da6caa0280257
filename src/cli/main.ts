import { onDemand } from "../base/on_demand.ts";
import { InvalidNameError, InvalidOptionError } from "../base/errors.ts";
import { isRemote, isServer } from "../context/place.ts";
import type { OpenOptions } from "../context/open_options.ts";
import type { Store } from "../store/store.ts";
import { toJson } from "../text/format.ts";
import { printItems } from "./print_items.ts";
import { printable, printableLines } from "../text/printable.ts";
import { parse } from "./arguments.ts";
import { type Command, type Options, UsageError } from "./command.ts";
import { COMMANDS } from "./commands/mod.ts";
import { Interrupted, type Io } from "./io.ts";
import { messageOf as wordingOf } from "./wording.ts";
import { VERSION } from "./version.ts";

/** Exit codes. */
export const EXIT = { ok: 0, failure: 1, usage: 2, brokenPipe: 141 } as const;

/**
 * Runs one command.
 *
 * @param args Arguments, without the program's name.
 * @param io Streams and environment.
 * @returns Exit code: 0 success, 1 failure, 2 invalid call.
 */
export async function main(args: readonly string[], io: Io): Promise<number> {
  let failureCode: number = EXIT.failure;
  let json = wantsJson(args);
  try {
    const { command, help, version, args: given, options } = await parse(args, COMMANDS);
    json = options.has("json");
    failureCode = command?.failureCode ?? failureCode;
    if (version) await io.stdout(`chachaml ${VERSION}\n`);
    else if (help || !command) await io.stdout(await helpText(command));
    else return await run(command, given, options, io) ?? EXIT.ok;
    return EXIT.ok;
  } catch (error) {
    if (error instanceof Deno.errors.BrokenPipe) return EXIT.brokenPipe;
    await complain(
      io,
      json
        ? `${toJson({ error: { code: codeOf(error), message: messageOf(error) } })}\n`
        : `chachaml: ${printable(messageOf(error))}\n`,
    );
    if (io.env("CHACHAML_DEBUG") && error instanceof Error) {
      await complain(io, `${printableLines(error.stack ?? "")}\n`);
    }
    if (error instanceof Interrupted) return error.exitCode;
    return isUsage(error) ? EXIT.usage : failureCode;
  }
}

/** Prints an error. A failure to print is ignored. */
async function complain(io: Io, words: string): Promise<void> {
  try {
    await io.stderr(words);
  } catch {
    // The exit code still reports the error.
  }
}

async function helpText(command: Command | undefined): Promise<string> {
  const { commandHelp, programHelp } = await import(
    onDemand("./help.ts")
  ) as typeof import("./help.ts");
  return command ? await commandHelp(command) : programHelp(COMMANDS);
}

async function run(
  command: Command,
  args: readonly string[],
  options: Options,
  io: Io,
): Promise<number | void> {
  const opened: Store[] = [];
  const paged = command.paged && !options.has("json") ? await io.startPager?.() : undefined;
  const named = options.get("db") ?? io.env("CHACHAML_DB");
  const path = named ??
    await (await import(onDemand("./find_store.ts")) as typeof import("./find_store.ts")).findStore(
      io,
    );
  const placed = placeOf(path, options, io);
  if (!command.network && !isRemote(placed)) io.dropNetwork?.();
  const say = (words: string) =>
    options.has("quiet") ? Promise.resolve() : io.stderr(printableLines(words));
  try {
    return await command.run({
      args,
      options,
      commands: COMMANDS,
      io: adjust(paged ? { ...io, stdout: (data) => paged.write(bytesOf(data)) } : io, options),
      say,
      json: options.has("json") ? (document) => io.stdout(toJson(document) + "\n") : undefined,
      jsonItems: options.has("json") ? (items) => printItems(io, items) : undefined,
      runId: async (store, ref) =>
        (await import(onDemand("./run_ref.ts")) as typeof import("./run_ref.ts")).resolveRun(
          store,
          ref,
          io,
        ),
      confirm: (question) => confirm(question, options, io),
      place: () => placed,
      open: async (how, place) => {
        const isNew = how === "create" && named === undefined && !await isThere(path);
        const store = await openNamed({ ...placed, ...place }, how);
        opened.push(store);
        // A new store in an unintended working directory must not go unnoticed.
        if (isNew) await say(`created a store: ${JSON.stringify(path)}\n`);
        return store;
      },
    });
  } catch (error) {
    if (!paged?.left()) throw error;
  } finally {
    for (const store of opened) await store.close();
    await paged?.close();
  }
}

function bytesOf(data: string | Uint8Array): Uint8Array {
  return typeof data === "string" ? new TextEncoder().encode(data) : data;
}

/** Adjusts the streams to the options. */
function adjust(io: Io, options: Options): Io {
  const quiet = options.has("quiet");
  return {
    ...io,
    ...(quiet && { terminal: false }),
    ...((options.has("no-color") || options.has("json")) && { colors: false }),
  };
}

async function confirm(question: string, options: Options, io: Io): Promise<void> {
  if (options.has("yes")) return;
  if (!io.ask) throw new UsageError(`${question} Pass --yes to say so`);
  if (!await io.ask(printableLines(question))) throw new UsageError("nothing was done");
}

function placeOf(path: string, options: Options, io: Io) {
  // The variable may stand for another store: a server knows where its artifacts are.
  const artifactDir = options.get("artifact-dir") ??
    (isServer(path) ? undefined : io.env("CHACHAML_ARTIFACT_DIR"));
  return {
    path,
    ...(artifactDir !== undefined && { artifactDir }),
    ...(options.has("adopt-directory") && { adoptDirectory: true }),
    // The same SQLite on every machine, without a library to install.
    driver: "builtin" as const,
  };
}

async function openNamed(
  place: OpenOptions & { readonly path: string | URL },
  how: "read" | "write" | "create",
): Promise<Store> {
  const { openStore } = await import(
    onDemand("../store/open_store.ts")
  ) as typeof import("../store/open_store.ts");
  return await openStore({
    ...place,
    readOnly: how === "read",
    // A mistyped path must not create an empty store.
    ...(how === "write" && { create: false }),
    // The command line handles signals itself.
    handleSignals: false,
  });
}

async function isThere(path: string | URL): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Whether JSON is requested, as far as invalid arguments show. */
function wantsJson(args: readonly string[]): boolean {
  const end = args.indexOf("--");
  return args.slice(0, end < 0 ? undefined : end).includes("--json");
}

function codeOf(error: unknown): string {
  if (error instanceof Interrupted) return "interrupted";
  if (isUsage(error)) {
    return error instanceof UsageError ? "usage" : (error as { code: string }).code;
  }
  return String((error as { code?: unknown } | null)?.code ?? "failed");
}

function messageOf(error: unknown): string {
  return wordingOf(error).trim() || "it failed without a reason";
}

function isUsage(error: unknown): boolean {
  return error instanceof UsageError || error instanceof InvalidOptionError ||
    error instanceof InvalidNameError;
}
