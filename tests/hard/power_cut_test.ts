/** The power of a file system is cut while a process writes to a store: all it was promised is there. */
import { join } from "@std/path";
import { child } from "../support/children/flags.ts";
import { inExt4Image, testWithExt4 } from "../support/ext4_image.ts";
import { effort, Totals } from "../support/totals.ts";
import { type Place, Promises, requireKept } from "./power_checks.ts";

const ROUNDS = Math.min(effort(2, 25), 100);

/** Promises kept at which the power is cut: at once, later on, in no even steps. */
const promisesBefore = (round: number) => 1 + (round * 37) % 101;

/** Has a process write until it has been promised so much, cuts the power, and gives all promises. */
async function writeUntilCut(dir: string, round: number, cutPower: () => void): Promise<Promises> {
  const process = child("power_writer.ts", [dir, String(round)]).spawn();
  const errors = new Response(process.stderr).text();
  const promises = new Promises({});
  let [said, kept] = ["", 0];
  for await (const text of process.stdout.pipeThrough(new TextDecoderStream())) {
    const lines = (said + text).split("\n");
    said = lines.pop()!;
    for (const line of lines) {
      promises.read(line);
      if (line.startsWith("end") && ++kept === promisesBefore(round)) cutPower();
    }
  }
  await process.status;
  const problem = await errors;
  if (kept < promisesBefore(round)) {
    throw new Error(`it ended before its power was cut: ${problem}`);
  }
  return promises;
}

testWithExt4(
  "after a power cut on ext4 all that was promised is there, and whole",
  () =>
    inExt4Image(96, async ({ dir, cutPower, remount }) => {
      const totals = new Totals("power cuts on ext4");
      for (let round = 0; round < ROUNDS; round++) {
        const place: Place = {
          path: join(dir, `deep-${round}/db/t.db`),
          artifactDir: join(dir, `bytes-${round}/of/it`),
        };
        const promises = await writeUntilCut(dir, round, cutPower);
        await remount();
        try {
          await requireKept(place, promises);
          totals.add("kept");
        } catch (error) {
          totals.fail(`after ${promisesBefore(round)} promises: ${error}`);
        }
      }
      totals.report();
    }),
);
