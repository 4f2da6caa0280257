/**
 * One of many processes at work on one store: `race_worker.ts DIR ROLE WHO COUNT`. A `writer` puts and
 * removes, and ends by itself; a `reader`, a `verifier` and a `collector` go on until there is a file
 * `DIR/over`. Prints what it was told, as JSON; whatever it must not be told ends it by an error.
 */
import { ArtifactExistsError, ArtifactNotFoundError, openStore, type Store } from "@chachaml/store";
import { join } from "@std/path";

const [dir, role, who, count] = Deno.args as [string, string, string, string];

async function write(store: Store): Promise<unknown> {
  const [own, won]: string[][] = [[], []];
  const contend = async (at: number) => {
    try {
      const { name } = await store.artifacts.put("run", `shared/${at}`, `${who} won ${at}`);
      won!.push(name);
    } catch (error) {
      if (!(error instanceof ArtifactExistsError)) throw error;
    }
  };
  const putOwn = async (at: number) => {
    const { name } = await store.artifacts.put(
      "run",
      `own/${at % 10}/${who}-${at}`,
      `${who} put ${at}`,
    );
    own!.push(name);
  };
  const come = async (at: number) => {
    await store.artifacts.put("run", `fleeting/${at % 5}/${who}-${at}`, who);
    await store.artifacts.remove("run", `fleeting/${at % 5}/${who}-${at}`);
  };
  // One after the other as a training does, and many at once as an upload does.
  for (let at = 0; at < Number(count); at += 20) {
    const many = Array.from({ length: 20 }, (_, next) => at + next);
    await Promise.all(many.slice(0, 15).map(putOwn));
    for (const next of many.slice(15)) await putOwn(next);
    await Promise.all([0, 1, 2, 3, 4].map((next) => contend(at / 4 + next)));
    await come(at);
  }
  return { own, won };
}

async function read(store: Store): Promise<unknown> {
  let seen = 0;
  while (!isOver()) {
    for (const { id, name } of await store.artifacts.list("run")) {
      try {
        await (await store.artifacts.get(id)).bytes({ verify: true });
        seen++;
      } catch (error) {
        const wasRemoved = error instanceof ArtifactNotFoundError && name.startsWith("fleeting/");
        if (!wasRemoved) throw error;
      }
    }
  }
  return { seen };
}

async function verify(store: Store): Promise<unknown> {
  const findings = new Set<string>();
  let rounds = 0;
  for (; !isOver(); rounds++) {
    for await (const { kind, path } of store.verify()) findings.add(`${kind} ${path}`);
  }
  return { rounds, findings: [...findings] };
}

async function collect(store: Store): Promise<unknown> {
  const collected = new Set<string>();
  let rounds = 0;
  for (; !isOver(); rounds++) {
    const { removed, failed } = await store.gc({ grace: 0 });
    for (const { kind, path } of removed) collected.add(`${kind} ${path}`);
    if (failed[0]) throw failed[0].error;
  }
  return { rounds, collected: [...collected] };
}

function isOver(): boolean {
  try {
    Deno.statSync(join(dir, "over"));
    return true;
  } catch {
    return false;
  }
}

const WORK: Record<string, (store: Store) => Promise<unknown>> = {
  writer: write,
  reader: read,
  verifier: verify,
  collector: collect,
};

await using store = await openStore({
  path: join(dir, "t.db"),
  driver: "builtin",
  // Some pay for syncing, most do not: both kinds must get along.
  durability: role === "writer" && Number(who) < 2 ? "full" : "relaxed",
  readOnly: role === "reader",
});
console.log(JSON.stringify(await WORK[role]!(store)));
