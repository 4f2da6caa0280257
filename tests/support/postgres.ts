/** A real PostgreSQL for tests: a throwaway cluster on a loopback port. */
import { join } from "@std/path";
import postgres from "npm:postgres@~3.4.9";
import { freePort } from "./free_port.ts";
import { versionOf } from "./programs.ts";

/** A database server that tests may use. */
export interface TestServer extends AsyncDisposable {
  /** URL of its database, with the password. */
  readonly url: string;
  /** Directory of the cluster; `undefined` for one that was started elsewhere. */
  readonly directory: string | undefined;
  /** The URL of a schema of its own in that database. */
  newSchema(): string;
  /** Ends the server as a crash does. */
  kill(): Promise<void>;
  /** Stops it in an orderly way. */
  stop(): Promise<void>;
  /** Starts it again. */
  restart(): Promise<void>;
}

/** Where Debian keeps the programs of a server, which are not on the path there. */
const DIRECTORIES = ["/usr/lib/postgresql/15/bin/", ""];

/** The directory of the programs; `undefined` where there is no server. */
async function programs(): Promise<string | undefined> {
  for (const directory of DIRECTORIES) {
    const found = await versionOf(`${directory}initdb`) !== undefined;
    if (found) return directory;
  }
  return undefined;
}

/** Why there is no server; `undefined` if there can be one. */
export const postgresMissing: string | undefined = Deno.env.has("CHACHAML_TEST_POSTGRES") ||
    await programs() !== undefined
  ? undefined
  : "there is no PostgreSQL server (initdb); install postgresql-15";

/** User and group of `nobody`. */
const NOBODY = [65534, 65534] as const;

const PASSWORD = "secret pass/word";

/** The server of the environment variable CHACHAML_TEST_POSTGRES, or else one started for the caller. */
export async function testServer(port: number = freePort()): Promise<TestServer> {
  const url = Deno.env.get("CHACHAML_TEST_POSTGRES");
  if (url === undefined) return await startServer(port);
  const refuse = () => Promise.reject(new Error("the server is shared with other tests"));
  return {
    url,
    directory: undefined,
    newSchema: () => schemaIn(url),
    kill: refuse,
    stop: refuse,
    restart: refuse,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** Starts a server of the caller's own. */
export async function startServer(
  port: number = freePort(),
  settings: Readonly<Record<string, string>> = {},
): Promise<TestServer> {
  const bin = await programs();
  const home = await Deno.makeTempDir({ prefix: "chachaml-pg-" });
  const directory = join(home, "data");
  const asOwner = await owner(home);
  const passwordFile = join(home, "password");
  await Deno.writeTextFile(passwordFile, PASSWORD);
  await Deno.chmod(passwordFile, 0o644);
  const run = async (program: string, ...args: string[]) => {
    const command = [...asOwner, `${bin}${program}`, ...args];
    const output = await new Deno.Command(command[0]!, {
      args: command.slice(1),
      // A server would hold a pipe open.
      stdout: program === "pg_ctl" ? "null" : "piped",
      stderr: program === "pg_ctl" ? "null" : "piped",
      stdin: "null",
      cwd: home,
    }).output();
    if (output.success) return;
    const words = program === "pg_ctl"
      ? await Deno.readTextFile(join(home, "log")).catch(() => "")
      : new TextDecoder().decode(output.stderr);
    throw new Error(`${program} failed: ${words}`);
  };
  const cluster = ["-D", directory, "-A", "scram-sha-256", "-U", "artifact"];
  await run("initdb", ...cluster, `--pwfile=${passwordFile}`, "-E", "UTF8", "--locale=C.UTF-8");
  const options = {
    listen_addresses: "127.0.0.1",
    port,
    unix_socket_directories: home,
    ...settings,
  };
  const flags = Object.entries(options).map(([name, value]) => `-c ${name}='${value}'`).join(" ");
  const start = () =>
    run("pg_ctl", "-D", directory, "-l", join(home, "log"), "-w", "-o", flags, "start");
  const stop = (mode: string) =>
    run("pg_ctl", "-D", directory, "-w", "-m", mode, "stop").catch(() => {});
  await start();
  const url = `postgres://artifact:${encodeURIComponent(PASSWORD)}@127.0.0.1:${port}/postgres`;
  return {
    url,
    directory,
    newSchema: () => schemaIn(url),
    kill: () => stop("immediate"),
    stop: () => stop("fast"),
    restart: start,
    [Symbol.asyncDispose]: async () => {
      await stop("immediate");
      await Deno.remove(home, { recursive: true });
    },
  };
}

/** A server refuses to run as root: gives its directory to `nobody`, and the call that becomes it. */
async function owner(home: string): Promise<string[]> {
  if (Deno.uid() !== 0) return [];
  const [uid, gid] = NOBODY;
  await asServer(home);
  return ["setpriv", `--reuid=${uid}`, `--regid=${gid}`, "--clear-groups"];
}

/** Gives files to the user that servers run as. */
export async function asServer(...paths: readonly string[]): Promise<void> {
  if (Deno.uid() !== 0) return;
  for (const path of paths) await Deno.chown(path, ...NOBODY);
}

function schemaIn(url: string): string {
  return `${url}?currentSchema=t_${crypto.randomUUID()}`;
}

/** Calls with a connection to a schema that is there. */
export async function withSql(
  url: string,
  work: (sql: postgres.Sql) => Promise<unknown>,
): Promise<void> {
  const schema = new URL(url).searchParams.get("currentSchema")!;
  const sql = postgres(url.split("?")[0]!, {
    max: 1,
    onnotice: () => {},
    connection: { search_path: `"${schema}"` },
  });
  try {
    await sql.unsafe(`CREATE SCHEMA IF NOT EXISTS "${schema}"`);
    await work(sql);
  } finally {
    await sql.end();
  }
}

/** Declares a test that gets the server of its file. */
export type DeclareWithServer = (
  name: string,
  test: (server: TestServer) => Promise<void>,
) => void;

/**
 * Declares tests that share one server, ended by the last of them; where none can be had, they are
 * skipped, as they are if `missing` says that something else they need is not there. After
 * `losesConnections`, timers by which the driver connects again may end in a later test.
 */
export function testWithPostgres(
  declareAll: (declare: DeclareWithServer) => void,
  { losesConnections = false, missing }: {
    losesConnections?: boolean;
    missing?: string | undefined;
  } = {},
): void {
  const tests: (readonly [name: string, test: (server: TestServer) => Promise<void>])[] = [];
  declareAll((name, test) => tests.push([name, test]));
  const reason = missing ?? postgresMissing;
  if (reason !== undefined) {
    for (const [name] of tests) {
      Deno.test.ignore(`${name} [postgres] (skipped: ${reason})`, () => {});
    }
    return;
  }
  let server: Promise<TestServer> | undefined;
  Deno.test.afterAll(async () => await (await server)?.[Symbol.asyncDispose]());
  for (const [name, test] of tests) {
    Deno.test({
      name: `${name} [postgres]`,
      sanitizeOps: !losesConnections,
      sanitizeResources: !losesConnections,
      fn: async () => await test(await (server ??= testServer())),
    });
  }
}
