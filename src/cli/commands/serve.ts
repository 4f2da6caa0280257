import { onDemand } from "../../base/on_demand.ts";
import { InvalidOptionError } from "../../base/errors.ts";
import {
  type Call,
  type CommandSpec,
  type Options,
  type OptionSpec,
  UsageError,
} from "../command.ts";
import { parseCount } from "../values.ts";

/** Options of a server. */
export const SERVE_OPTIONS: readonly OptionSpec[] = [
  { name: "host", value: "address", summary: "Address to listen on (default: 127.0.0.1)" },
  { name: "port", value: "n", summary: "Port; 0 takes any that is free (default: 5000)" },
  {
    name: "token-file",
    value: "path",
    complete: "path",
    summary: "Tokens that callers sign in with, as TOKEN [ROLE [NAME]] a line",
  },
  {
    name: "users-file",
    value: "path",
    complete: "path",
    summary: "Users who sign in with a password, as NAME:ROLE:PASSWORD a line",
  },
  { name: "read-only", summary: "Refuse everything that writes" },
  { name: "mcp-write", summary: "Let assistants change tags, notes and stages, by /mcp" },
  {
    name: "allow-host",
    value: "name",
    repeats: true,
    summary: "Answer to this host name too; may be given again",
  },
  {
    name: "allow-origin",
    value: "origin",
    repeats: true,
    summary: "Let pages of this origin call the server; may be given again",
  },
  {
    name: "tls-cert",
    value: "path",
    complete: "path",
    summary: "Certificate for HTTPS, in PEM; goes with --tls-key",
  },
  { name: "tls-key", value: "path", complete: "path", summary: "Its key, in PEM" },
  { name: "access-log", summary: "Print a line of JSON for each request" },
];

export const serve: CommandSpec = {
  args: "",
  options: SERVE_OPTIONS,
  examples: [
    ["For a browser and MLflow clients on this machine", "chachaml serve"],
    [
      "For a team; callers sign in with a token",
      "chachaml serve --host 0.0.0.0 --token-file tokens.txt",
    ],
  ],
  network: true,
  run: (call) => runServer(call),
};

/**
 * Serves the store until the program is interrupted.
 *
 * @param call The call of the command.
 * @param onListen Called with the server's address, once it listens.
 */
export async function runServer(
  { options, io, say, open }: Call,
  onListen?: (url: string) => void,
): Promise<void> {
  const { parseTokens, parseUsers, signIn } = await import(
    onDemand("../../server/sign_in.ts")
  ) as typeof import("../../server/sign_in.ts");
  const { serveStore } = await import(
    onDemand("../../server/serve.ts")
  ) as typeof import("../../server/serve.ts");
  const tokens = await accounts(options, "token-file", parseTokens);
  const users = await accounts(options, "users-file", parseUsers);
  const [hostname, port] = ["host", "port"].map(options.get);
  const hosts = options.all("allow-host");
  const tls = await certificate(options);
  const ending = new AbortController();
  io.interrupted?.().addEventListener("abort", () => ending.abort(), { once: true });
  const store = await open(options.has("read-only") ? "read" : "create");
  await serveStore(store, {
    ...hostname !== undefined && { hostname },
    ...port !== undefined && { port: parseCount("port", port) },
    ...(tokens || users) && { authenticate: signIn(tokens ?? [], users ?? []) },
    ...hosts.length > 0 && { hosts: [...hosts, "localhost", "127.0.0.1", "[::1]"] },
    ...tls && { tls },
    readOnly: options.has("read-only"),
    mcpWrites: options.has("mcp-write"),
    origins: options.all("allow-origin"),
    signal: ending.signal,
    onListen: (url) => {
      void say(
        `Serving ${store.location.database ?? "a store in memory"} at ${url}\n` +
          `For MLflow clients: export MLFLOW_TRACKING_URI=${url}\n`,
      );
      onListen?.(url);
    },
    // Whoever has read the output may be gone; the server goes on.
    onFailure: (error) => {
      const words = `Failed to answer: ${error instanceof Error ? error.stack : error}\n`;
      io.stderr(words).catch(() => {});
    },
    ...options.has("access-log") && {
      onAnswer: (entry) => void io.stdout(`${JSON.stringify(entry)}\n`).catch(() => {}),
    },
  });
  await say("Ended; all requests were answered\n");
}

async function accounts<T>(
  options: Options,
  name: string,
  parse: (text: string) => T,
): Promise<T | undefined> {
  const path = options.get(name);
  return path === undefined ? undefined : parse(await read(path, name));
}

async function certificate(
  options: Options,
): Promise<{ cert: string; key: string } | undefined> {
  const [cert, key] = ["tls-cert", "tls-key"].map(options.get);
  if (cert === undefined && key === undefined) return undefined;
  if (cert === undefined || key === undefined) {
    throw new UsageError("--tls-cert and --tls-key go together");
  }
  return { cert: await read(cert, "tls-cert"), key: await read(key, "tls-key") };
}

async function read(path: string, name: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (cause) {
    const state = cause instanceof Deno.errors.NotFound
      ? "there is no such file"
      : "it is not readable";
    throw new InvalidOptionError(`Cannot read ${JSON.stringify(path)} for --${name}: ${state}`, {
      cause,
    });
  }
}
