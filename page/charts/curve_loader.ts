/** Loads curves: what charts ask for at once goes to the server in one call. */
import { get } from "../api.ts";
import type { Curve } from "../types.ts";
import type { StepRange } from "./detail.ts";

/** Milliseconds in which requests are gathered. */
const PATIENCE = 2;

/** Metrics of one call. */
const MOST_KEYS = 24;

interface Wish {
  readonly key: string;
  readonly resolve: (curves: readonly Curve[]) => void;
  readonly reject: (error: unknown) => void;
}

/** What charts ask for at once. */
interface Batch {
  readonly runs: readonly string[];
  readonly points: number;
  readonly range: StepRange | undefined;
  readonly wishes: Wish[];
}

const waiting = new Map<string, Batch>();
let timer: ReturnType<typeof setTimeout> | undefined;

/** The curves of one metric of some runs, or their parts in a range of steps. */
export function loadCurves(
  runs: readonly string[],
  key: string,
  points: number,
  range?: StepRange,
): Promise<readonly Curve[]> {
  return new Promise((resolve, reject) => {
    const name = `${points} ${range?.from} ${range?.to} ${runs.join()}`;
    const batch = waiting.get(name) ?? { runs, points, range, wishes: [] };
    waiting.set(name, batch);
    batch.wishes.push({ key, resolve, reject });
    timer ??= setTimeout(flush, PATIENCE);
  });
}

function flush(): void {
  timer = undefined;
  const batches = [...waiting.values()];
  waiting.clear();
  for (const batch of batches) {
    for (let at = 0; at < batch.wishes.length; at += MOST_KEYS) {
      void send(batch, batch.wishes.slice(at, at + MOST_KEYS));
    }
  }
}

async function send({ runs, points, range }: Batch, wishes: readonly Wish[]) {
  try {
    // One name is given twice: a name with a comma is then not read as two.
    const keys = [...new Set(wishes.map(({ key }) => key))];
    const curves = await get<Curve[]>("/api/curves", {
      runs: runs.join(),
      keys: keys.length === 1 ? [keys[0]!, keys[0]!] : keys,
      points,
      ...range,
    });
    for (const { key, resolve } of wishes) {
      resolve(curves.filter((curve) => curve.key === key));
    }
  } catch (error) {
    for (const { reject } of wishes) reject(error);
  }
}
