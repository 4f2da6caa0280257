/** Servers of the MLflow protocol as processes, with the CPU time and the memory that they take. */

import { packageFlags } from "../tests/support/children/flags.ts";
import { V8_FLAGS } from "../tools/compile.ts";

/** Clock ticks of `/proc` a second. */
const TICKS = 100;

/** A server that runs. */
export interface Server {
  readonly name: string;
  readonly port: number;
  /** Milliseconds until it answered first. */
  readonly startTime: number;
  /** Milliseconds of CPU that it took so far, with its children. */
  cpu(): number;
  /** MiB of memory, shared pages divided among those who share them. */
  memory(): number;
  /** Number of open files and connections. */
  descriptors(): number;
  /** Where the artifacts of a run are. */
  artifacts(run: string): string;
  stop(): Promise<void>;
}

/**
 * Starts `chachaml` (by its source, or `chachaml=PATH` for a binary), `fml=PATH`, `mlflow=PATH` with one
 * worker or `mlflow4=PATH` with four, on a database in a new directory.
 */
export async function startServer(what: string): Promise<Server> {
  const [name, program] = what.split("=") as [string, string?];
  const dir = await Deno.makeTempDir({ prefix: "bench-" });
  const port = 18_150 + Math.floor(Math.random() * 40);
  const started = performance.now();
  const [command, args] = commandOf(name, program, dir, port);
  const child = new Deno.Command(command, {
    args,
    cwd: name === "chachaml" ? Deno.cwd() : dir,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  while (!await answers(port)) await new Promise((resolve) => setTimeout(resolve, 20));
  return {
    name,
    port,
    startTime: performance.now() - started,
    cpu: () => tree(child.pid).reduce((sum, pid) => sum + cpuOf(pid), 0),
    memory: () => tree(child.pid).reduce((sum, pid) => sum + memoryOf(pid), 0),
    descriptors: () => tree(child.pid).reduce((sum, pid) => sum + descriptorsOf(pid), 0),
    artifacts: (run) => `/api/2.0/mlflow-artifacts/artifacts/0/${run}/artifacts/`,
    async stop() {
      for (const pid of tree(child.pid).reverse()) {
        try {
          Deno.kill(pid, "SIGTERM");
        } catch {
          // It has ended already.
        }
      }
      await child.status;
      await Deno.remove(dir, { recursive: true });
    },
  };
}

function commandOf(
  name: string,
  program: string | undefined,
  dir: string,
  port: number,
): [string, string[]] {
  switch (name) {
    case "chachaml": {
      const serve = ["serve", "--port", String(port), "--db", `${dir}/s.db`];
      return program ? [program, serve] : [Deno.execPath(), [
        "run",
        "-A",
        `--v8-flags=${V8_FLAGS}`,
        ...packageFlags(),
        "cli.ts",
        ...serve,
      ]];
    }
    case "fml":
      return [program!, [
        "server",
        "-a",
        `127.0.0.1:${port}`,
        "--database-uri",
        `sqlite://${dir}/s.db`,
        "--default-artifact-root",
        `${dir}/artifacts`,
      ]];
    default:
      return [program!, [
        "server",
        "--host",
        "127.0.0.1",
        "--port",
        String(port),
        "--workers",
        name === "mlflow4" ? "4" : "1",
        "--backend-store-uri",
        `sqlite:///${dir}/s.db`,
        "--artifacts-destination",
        `${dir}/artifacts`,
      ]];
  }
}

/** Whether a server at a port of this machine answers. */
export async function answers(port: number): Promise<boolean> {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/health`);
    await answer.body?.cancel();
    return answer.ok;
  } catch {
    return false;
  }
}

/** A process with all that come from it. */
function tree(pid: number): number[] {
  try {
    const children = Deno.readTextFileSync(`/proc/${pid}/task/${pid}/children`).trim();
    return [pid, ...children === "" ? [] : children.split(" ").flatMap((id) => tree(Number(id)))];
  } catch {
    return [];
  }
}

function cpuOf(pid: number): number {
  const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 1000 / TICKS;
}

function descriptorsOf(pid: number): number {
  return [...Deno.readDirSync(`/proc/${pid}/fd`)].length;
}

function memoryOf(pid: number): number {
  const text = Deno.readTextFileSync(`/proc/${pid}/smaps_rollup`);
  return Number(/^Pss:\s+(\d+)/m.exec(text)?.[1] ?? 0) / 1024;
}
