/**
 * One of many processes that register and promote one model: `model_child.ts PATH WHO COUNT`. Fails
 * unless exactly one version is in production whenever it looks. Prints the versions that it was
 * given, as JSON.
 */
import assert from "node:assert/strict";
import { openStore } from "@chachaml/store";

const [path, who, count] = Deno.args as [string, string, string];
await using store = await openStore({ path, driver: "builtin", durability: "relaxed" });
const { models } = store;
const given: number[] = [];

async function look(): Promise<void> {
  const versions = await models.versions("net");
  const inProduction = versions.filter(({ stage }) => stage === "production");
  assert.equal(inProduction.length, 1, JSON.stringify(inProduction));
  assert.deepEqual(versions.map(({ version }) => version), versions.map((_, at) => at + 1));
  assert.notEqual((await models.get("net")).production, null);
}

const run = await store.startRun({ id: `of-${who}` });
for (let at = 0; at < Number(count); at++) {
  const artifact = `${at}`;
  await run.put(artifact, `${who} ${at}`);
  const stage = at % 3 === 0 ? "production" : "staging";
  const { version } = await run.registerModel("net", { artifact, stage });
  given.push(version);
  await look();
  // Own versions and those of others, so that all of them contend for the place.
  for (const candidate of [version, 1 + (version * 7 + at) % version]) {
    await models.promote("net", candidate);
    await look();
  }
}
console.log(JSON.stringify(given));
