/** A client that is killed at any of its requests or statements leaves a store that is whole. */
import { join } from "@std/path";
import { CuttingProxy } from "../../support/cutting_proxy.ts";
import { FaultProxy } from "../../support/fault_proxy.ts";
import { inTempDir } from "../../support/helpers.ts";
import { testWithPostgres } from "../../support/postgres.ts";
import { GATEWAY, s3Missing, testWithS3 } from "../../support/s3.ts";
import { type Point, type Proxies, tryPoint } from "../../support/s3_kill.ts";
import { prepare, type Work, WORKS } from "../../support/s3_work.ts";
import { effort, sample, Totals } from "../../support/totals.ts";

/** Tries a piece of work at some of the points, each in a new store. */
async function tryAll(
  suite: string,
  work: Work,
  proxies: Proxies,
  dir: string,
  newPath: () => string | Promise<string>,
  few: number,
): Promise<void> {
  const { requests, packets } = await tryPoint(proxies, await newPath(), dir, work, undefined);
  const numbers = (length: number) => Array.from({ length }, (_, at) => at + 1);
  const points: Point[] = [
    ...[true, false].flatMap((isPassed) =>
      numbers(requests).map((number) => ({ at: "request" as const, number, isPassed }))
    ),
    ...numbers(packets).map((number) => ({ at: "packet" as const, number, isPassed: false })),
  ];
  const totals = new Totals(`${suite} killed in "${work}"`, points.length);
  for (const point of sample(points, effort(few, Infinity), WORKS.indexOf(work))) {
    try {
      totals.add((await tryPoint(proxies, await newPath(), dir, work, point)).outcome);
    } catch (error) {
      const how = point.isPassed ? "and does it" : "and does not";
      totals.fail(`${point.at} ${point.number} ${how}: ${(error as Error).message}`);
    }
  }
  totals.report();
}

for (const work of WORKS) {
  testWithS3(`a client killed at any request of "${work}" leaves a whole store`, async () => {
    await inTempDir(async (dir) => {
      await using bucket = await FaultProxy.start(GATEWAY!);
      await prepare(dir);
      const newPath = async () => join(await Deno.makeTempDir({ dir }), "t.db");
      await tryAll("clients", work, { bucket }, dir, newPath, 3);
    });
  });
}

testWithPostgres((declare) => {
  for (const work of WORKS) {
    const name = `a client killed at any request or statement of "${work}" leaves a whole store`;
    declare(name, async (server) => {
      await inTempDir(async (dir) => {
        await using bucket = await FaultProxy.start(GATEWAY!);
        await using database = new CuttingProxy(Number(new URL(server.url).port));
        await prepare(dir);
        const newPath = () => server.newSchema();
        await tryAll("clients of PostgreSQL", work, { bucket, database }, dir, newPath, 1);
      });
    });
  }
}, { missing: s3Missing });
