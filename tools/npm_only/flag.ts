/**
 * Prints the flag by which Deno takes the stand-ins beside this file, on a network from which the
 * JSR packages of `deno.json` cannot be had; prints nothing elsewhere.
 */
import config from "../../deno.json" with { type: "json" };

/** Milliseconds after which a registry that does not answer is taken for out of reach. */
const PATIENCE = 30_000;

const packages = Object.values(config.imports).filter((name) => name.startsWith("jsr:"));

async function canBeHad(): Promise<boolean> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["cache", "--quiet", "--no-config", "--no-lock", ...packages],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const timer = setTimeout(() => child.kill(), PATIENCE);
  const { success } = await child.status;
  clearTimeout(timer);
  return success;
}

if (!await canBeHad()) console.log("--import-map=tools/npm_only/import_map.json");
