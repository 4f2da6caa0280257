/** The programs that are compared with ours: found, or installed where that is possible. */
import { join } from "@std/path";

/** Commands of the peers; one that is missing could not be had. */
export interface Tools {
  readonly restic?: string | undefined;
  readonly borg?: string | undefined;
  readonly dvc?: string | undefined;
  /** A Python with MLflow. */
  readonly mlflow?: string | undefined;
  /** Version of the npm package that Deno loads. */
  readonly cacache?: string | undefined;
}

const CACACHE = "20";

/** Finds the peers, installing missing ones into a directory that is kept. */
export async function findTools(directory: string): Promise<Tools> {
  await Deno.mkdir(directory, { recursive: true });
  return {
    restic: await onPath("restic") ?? await byApt("restic", "restic"),
    borg: await onPath("borg") ?? await byApt("borg", "borgbackup"),
    dvc: await onPath("dvc") ?? await byPip(directory, "dvc", "bin/dvc"),
    mlflow: Deno.env.get("CHACHAML_MLFLOW_PYTHON") ??
      await byPip(directory, "mlflow-skinny", "bin/python"),
    cacache: await works(Deno.execPath(), ["cache", "--no-config", `npm:cacache@${CACACHE}`])
      ? CACACHE
      : undefined,
  };
}

async function onPath(name: string): Promise<string | undefined> {
  return await works("sh", ["-c", `command -v ${name}`]) ? name : undefined;
}

async function byApt(command: string, name: string): Promise<string | undefined> {
  if (Deno.uid() !== 0) return undefined;
  return await works("apt-get", ["install", "-y", name]) ? await onPath(command) : undefined;
}

async function byPip(directory: string, name: string, program: string) {
  const place = join(directory, name);
  const path = join(place, program);
  if (await works(join(place, "bin/python"), ["-m", "pip", "show", name])) return path;
  if (!await works("python3", ["-m", "venv", place])) return undefined;
  return await works(join(place, "bin/pip"), ["install", "--quiet", name]) ? path : undefined;
}

async function works(command: string, args: string[]): Promise<boolean> {
  try {
    const output = { stdin: "null", stdout: "null", stderr: "null" } as const;
    return (await new Deno.Command(command, { args, ...output }).output()).success;
  } catch {
    return false; // It is not there.
  }
}
