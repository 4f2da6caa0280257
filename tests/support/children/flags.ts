/** How a test starts a program of its own with the same modules as its own. */
import { fromFileUrl } from "@std/path";

const ROOT = new URL("../../../", import.meta.url);

/**
 * The flags by which Deno takes the same packages as this process does, wherever the program lies:
 * outside the project Deno would not find `deno.json` by itself.
 */
export function packageFlags(): string[] {
  return import.meta.resolve("@std/fs").includes("npm_only")
    ? [`--import-map=${fromFileUrl(new URL("tools/npm_only/import_map.json", ROOT))}`]
    : [`--config=${fromFileUrl(new URL("deno.json", ROOT))}`];
}

/** Runs a program of this directory with all permissions, or with those given. */
export function child(
  name: string,
  args: readonly string[],
  permissions: readonly string[] = ["-A"],
  env: Record<string, string> = {},
): Deno.Command {
  return new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-prompt",
      "--quiet",
      ...permissions,
      ...packageFlags(),
      fromFileUrl(new URL(name, import.meta.url)),
      ...args,
    ],
    env,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
}
