/**
 * Writes to a store until something fails: `power_writer.ts DIR ROUND`. Says on stdout what it begins
 * and what has been promised, in the form that `Promises` reads.
 */
import { join } from "@std/path";
import { openStore } from "@chachaml/store";

/** Files of a directory. */
const FILES = 70;

const [dir, round] = Deno.args as [string, string];

/**
 * Written to after each promise. A file system that is being shut down may say of a sync that it is
 * done, when it has just given up the transaction; any later write is refused. Nothing is synced by it.
 */
const alive = Deno.openSync(join(dir, `alive-${round}`), { create: true, write: true });

async function promise(promises: Record<string, string | null>, work: () => Promise<unknown>) {
  console.log(`begin ${JSON.stringify(promises)}`);
  await work();
  alive.writeSync(new Uint8Array(1));
  console.log(`end ${JSON.stringify(promises)}`);
}

const store = await openStore({
  path: join(dir, `deep-${round}/db/t.db`),
  artifactDir: join(dir, `bytes-${round}/of/it`),
  driver: "builtin",
});
const run = `run-${round}`;
await promise({ [`run ${run}`]: "running" }, () => store.startRun({ id: run, environment: false }));

const put = (name: string, text: string, ifExists: "error" | "replace" = "error") =>
  promise(
    { [`artifact ${run}/${name}`]: text },
    () => store.artifacts.put(run, name, text, { ifExists }),
  );

/** Puts a directory of so many files that the whole file system is synced for them. */
async function putDirectory(prefix: string): Promise<void> {
  const source = await Deno.makeTempDir({ prefix: "chachaml-test-" });
  try {
    const promised: Record<string, string> = {};
    for (let at = 0; at < FILES; at++) {
      const [name, text] = [`${at % 3}/${at}`, `${at} of ${prefix}`.repeat(at * 9)];
      await Deno.mkdir(join(source, String(at % 3)), { recursive: true });
      await Deno.writeTextFile(join(source, name), text);
      promised[`artifact ${run}/${prefix}/${name}`] = text;
    }
    await promise(promised, () => store.artifacts.putDirectory(run, source, { prefix }));
  } finally {
    await Deno.remove(source, { recursive: true });
  }
}

for (let at = 0;; at++) {
  if (at % 8 === 0) await putDirectory(`directory/${at % 16}/${at}`);
  await put(`${at}/nested/new`, `alone ${at}`);
  await Promise.all(
    [1, 2, 3].map((one) => put(`many/${at}-${one}`, `${at} together `.repeat(999))),
  );
  await put("checkpoint", `${at}`.padStart(9), "replace");
  await promise({ [`points ${run}`]: String(at + 1) }, () => store.metrics.log(run, { loss: at }));
  if (at % 3 === 2) {
    const name = `${at - 1}/nested/new`;
    await promise({ [`artifact ${run}/${name}`]: null }, () => store.artifacts.remove(run, name));
  }
}
