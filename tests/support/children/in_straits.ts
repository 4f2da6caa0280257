/**
 * Uses a store while the system refuses its work: `in_straits.ts DIR STRAITS`, where STRAITS is
 * `few pages` or a key of {@linkcode STRAITS}. Prints what came of each call, and what the store was like afterwards, as
 * JSON.
 */
import { ChachamlError, openStore, type Store } from "@chachaml/store";
import { join } from "@std/path";
import { OWNER } from "../../../src/names/names.ts";
import { fillDisk } from "../fill_disk.ts";

const LARGE = 4 * 1024 * 1024;

const [dir, straits] = Deno.args as [string, string];
const path = join(dir, "t.db");
const artifactDir = join(dir, "t-artifacts");
const directories = [artifactDir, join(artifactDir, "r"), join(artifactDir, ".staging")];
const ballast = join(dir, "ballast");

interface Straits {
  readonly begin: () => void;
  readonly end: () => void;
}

/** How the system comes to refuse work, and to do it again. */
const STRAITS: Record<string, Straits> = {
  "full disk": { begin: () => fillDisk(ballast), end: () => Deno.removeSync(ballast) },
  "small files": {
    begin: () => {
      // Its default is the end of the process, which would tell nothing.
      Deno.addSignalListener("SIGXFSZ", () => {});
      call("prlimit", `--pid=${Deno.pid}`, `--fsize=${LARGE / 4}:`);
    },
    end: () => call("prlimit", `--pid=${Deno.pid}`, "--fsize=unlimited:"),
  },
  "denied": {
    begin: () => directories.forEach((directory) => Deno.chmodSync(directory, 0o555)),
    end: () => directories.forEach((directory) => Deno.chmodSync(directory, 0o755)),
  },
  "read-only mount": {
    begin: () => {
      call("mount", "--bind", artifactDir, artifactDir);
      call("mount", "-o", "remount,bind,ro", artifactDir);
    },
    end: () => call("mount", "-o", "remount,bind,rw", artifactDir),
  },
};

function call(command: string, ...args: string[]): void {
  const { success, stderr } = new Deno.Command(command, { args }).outputSync();
  if (!success) throw new Error(`${command} failed: ${new TextDecoder().decode(stderr)}`);
}

let outcomes: Record<string, string> = {};

/** Notes what a caller is told. */
async function attempt(what: string, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
    outcomes[what] = "done";
  } catch (error) {
    const { name, message } = error as Error;
    outcomes[what] = error instanceof ChachamlError ? `${name}: ${message}` : `FOREIGN ${error}`;
  }
}

/** All that is in the store, each artifact read and checked. */
async function contents(store: Store): Promise<Record<string, string>> {
  const texts: Record<string, string> = {};
  for (const artifact of await store.artifacts.find({})) {
    const text = await artifact.text({ verify: true });
    texts[artifact.name] = text.length > 100 ? `${text.length} characters` : text;
  }
  return texts;
}

function staged(): string[] {
  const names = [...Deno.readDirSync(join(artifactDir, ".staging"))].map(({ name }) => name);
  return names.filter((name) => name !== OWNER);
}

const large = () => new Blob(["x".repeat(LARGE)]).stream();

async function useAll(store: Store): Promise<void> {
  outcomes = {};
  const replace = { ifExists: "replace" } as const;
  await attempt("small", () => store.artifacts.put("r", "small", "small"));
  await attempt("nested", () => store.artifacts.put("r", "new/directory/nested", "nested"));
  await attempt("large", () => store.artifacts.put("r", "large", large()));
  await attempt("replace", () => store.artifacts.put("r", "replaced", "new", replace));
  await attempt("replace by large", () => store.artifacts.put("r", "large one", large(), replace));
  await Promise.all(Array.from({ length: 20 }, (_, at) => {
    return attempt(`together ${at}`, () => store.artifacts.put("r", `together/${at}`, `${at}`));
  }));
  await attempt("remove", () => store.artifacts.remove("r", "removed"));
  await attempt("gc", async () => {
    const { failed } = await store.gc({ grace: 0 });
    if (failed[0]) throw failed[0].error;
  });
  await attempt("backup", () => store.backup(join(dir, "backup")));
  await attempt("open", async () => {
    await using again = await openStore({ path, driver: "builtin" });
    await again.runs.get("r");
  });
}

/** Uses all of a store while the system refuses, and again once it does not. */
async function useAllTwice(store: Store, { begin, end }: Straits): Promise<unknown> {
  begin();
  try {
    await useAll(store);
  } finally {
    end();
  }
  const during = { ...outcomes };
  const left = { staged: staged(), contents: await contents(store), ...await verified(store) };
  // By the same store: it must have stayed usable.
  await useAll(store);
  const after = { staged: staged(), ...await verified(store) };
  return { during, left, again: outcomes, after };
}

/** Uses a store on a disk that has so many pages left, for each number of them. */
async function usePages(store: Store): Promise<unknown> {
  const rounds: unknown[] = [];
  for (let pages = 0; pages < 30; pages++) {
    fillDisk(ballast);
    const { size } = Deno.statSync(ballast);
    Deno.truncateSync(ballast, Math.max(0, size - pages * 4096));
    await attempt("put", () => store.artifacts.put("r", `${pages}/put`, "put"));
    await attempt("replace", () => {
      return store.artifacts.put("r", "replaced", `${pages} `.repeat(3000), {
        ifExists: "replace",
      });
    });
    await attempt("remove", () => store.artifacts.remove("r", `${pages}/put`));
    const wasThere = await store.artifacts.has("r", `${pages}/put`);
    Deno.removeSync(ballast);
    const replaced = await (await store.artifacts.get("r", "replaced")).text({ verify: true });
    const { damaged } = await verified(store);
    const round = { ...outcomes, wasThere, isNew: replaced.startsWith(`${pages} `), damaged };
    rounds.push({ ...round, staged: staged() });
    if (wasThere) await store.artifacts.remove("r", `${pages}/put`);
  }
  await store.gc({ grace: 0 });
  return { rounds, after: { staged: staged(), ...await verified(store) } };
}

async function verified(store: Store): Promise<{ damaged: number; leftovers: number }> {
  const { damaged, leftovers } = await store.verify().summary();
  return { damaged, leftovers };
}

await using store = await openStore({ path, driver: "builtin" });
await store.startRun({ id: "r" });
for (const name of ["kept", "removed", "replaced", "large one"]) {
  await store.artifacts.put("r", name, `old ${name}`);
}
Deno.writeTextFileSync(join(artifactDir, "r", "orphan"), "orphan");
const result = straits === "few pages"
  ? await usePages(store)
  : await useAllTwice(store, STRAITS[straits]!);
console.log(JSON.stringify(result));
