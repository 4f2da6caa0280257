/** A Worker that puts artifacts by one driver; it says what it has stored, and why it stopped. */
import { openStore } from "@chachaml/store";

/** What the Worker is to do. */
export interface Task {
  readonly path: string;
  readonly driver: "ffi" | "builtin";
  readonly count: number;
}

async function write({ path, driver, count }: Task): Promise<unknown> {
  const stored: string[] = [];
  try {
    for (let round = 0; round < 5; round++) {
      await using store = await openStore({ path, driver });
      for (let at = 0; at < count; at++) {
        const name = `${driver}/${round}-${at}`;
        await store.artifacts.put("run", name, name);
        stored.push(name);
      }
    }
    return { driver, stored };
  } catch (error) {
    return { driver, stored, problem: `${(error as Error).name}: ${(error as Error).message}` };
  }
}

const scope = self as unknown as {
  onmessage: (event: MessageEvent<Task>) => void;
  postMessage(message: unknown): void;
};
scope.onmessage = async ({ data }) => scope.postMessage(await write(data));
