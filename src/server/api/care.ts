/** Endpoints for the health of a store and the use of its space. */
import { checkStore } from "../../maintenance/doctor.ts";
import type { Json } from "./json.ts";
import type { ApiCall, ApiRoute } from "./route.ts";
import { ref } from "./schema.ts";

async function health({ context }: ApiCall): Promise<Json> {
  const checks: Json[] = [];
  for await (const check of checkStore(context())) checks.push({ ...check });
  return { checks };
}

async function sizes({ context, table }: ApiCall): Promise<Json> {
  const { metadata } = context();
  let [artifacts, bytes] = [0, 0];
  let last: { hash: string; size: number } | undefined;
  // Artifacts with equal bytes are adjacent: all but the first one could share a file.
  for await (const { record: { hash, size } } of metadata.artifacts.eachDuplicate()) {
    if (last?.hash === hash && last.size === size) {
      artifacts++;
      bytes += size;
    }
    last = { hash, size };
  }
  return { experiments: await (await table()).sizes(), duplicates: { artifacts, bytes } };
}

/** Endpoints for the health of a store. */
export const CARE_ROUTES: readonly ApiRoute[] = [
  {
    method: "GET",
    path: "/api/health",
    summary: "What chachaml doctor finds; it may take long",
    answer: ref("Health"),
    handle: health,
  },
  {
    method: "GET",
    path: "/api/sizes",
    summary: "Artifacts and bytes by experiment, and artifacts of the same bytes; it may take long",
    answer: ref("Sizes"),
    handle: sizes,
  },
];
