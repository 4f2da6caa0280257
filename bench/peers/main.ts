/**
 * Compares the store with programs that do similar work, each as a whole process, and prints one
 * table in Markdown: `deno task bench:peers [rounds, 5] [words in the name of a case]`. Rounds are
 * interleaved, each in directories of its own, and everything is synced in between.
 *
 * Peers that are missing are installed where that is possible, into `~/.cache/chachaml-bench` and by
 * Debian's packages; the others are left out.
 */
import { join } from "@std/path";
import { type Case, Cases } from "./cases.ts";
import { type Cost, measure, median } from "./measure.ts";
import { packageFlags } from "../../tests/support/children/flags.ts";
import { findTools } from "./tools.ts";

const [rounds = "5", words = ""] = Deno.args;
const home = Deno.env.get("HOME") ?? "/tmp";
const tools = await findTools(join(home, ".cache/chachaml-bench"));
for (const [name, found] of Object.entries(tools)) {
  if (found === undefined) console.error(`${name} cannot be had here and is left out`);
}
const directory = await Deno.makeTempDir({ prefix: "chachaml-bench-" });
try {
  const cases = new Cases(tools, packageFlags());
  const inputs = await cases.makeInputs(directory);
  console.log("| case | way | seconds | CPU | ratio to ours | durability |");
  console.log("| --- | --- | ---: | ---: | ---: | --- |");
  for (const each of cases.all(inputs)) {
    if (each.name.includes(words)) print(each, await compare(each));
  }
} finally {
  // Not removed one by one before the end: ext4 is slow for minutes after many removals.
  await Deno.remove(directory, { recursive: true });
}

/** Measures all ways of a case in turn, in several rounds. */
async function compare({ ways }: Case): Promise<(Cost[] | Error)[]> {
  const costs = ways.map((): Cost[] | Error => []);
  for (let round = 0; round < Number(rounds); round++) {
    for (const [at, { command, prepare, env = {} }] of ways.entries()) {
      const known = costs[at]!;
      if (known instanceof Error) continue;
      const place = join(directory, crypto.randomUUID());
      await Deno.mkdir(place);
      try {
        if (prepare !== undefined) await measure(prepare, env, place);
        await new Deno.Command("sync").output();
        known.push(await measure(command, env, place));
      } catch (error) {
        costs[at] = error as Error;
      }
    }
  }
  return costs;
}

function print({ name, ways }: Case, costs: readonly (Cost[] | Error)[]): void {
  const [ours] = costs;
  for (const [at, way] of ways.entries()) {
    const cost = costs[at]!;
    const label = at === 0 ? name : "";
    if (cost instanceof Error) {
      console.error(cost.message);
      console.log(`| ${label} | ${way.name} | failed | | | |`);
      continue;
    }
    const [wall, cpu] = [median(cost.map(({ wall }) => wall)), median(cost.map(({ cpu }) => cpu))];
    const own = ours instanceof Error ? NaN : median(ours!.map(({ wall }) => wall));
    const cells = [label, way.name, wall.toFixed(2), cpu.toFixed(2), (wall / own).toFixed(2)];
    console.log(`| ${cells.join(" | ")} | ${way.durability} |`);
  }
}
